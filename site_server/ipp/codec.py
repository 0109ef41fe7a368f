"""IPP messages to and from bytes, without any I/O (RFC 8010, section 3).

Theory of operation. A message is eight fixed bytes, then a row of *items*, then (in requests) the
document. An item is either a one-byte group delimiter or a record `tag, name, value` with two
counted strings. The decoder keeps only the bytes of the item that is still incomplete: `feed` cuts
off as many whole items as are there and hands them to `MessageBuilder`, which alone knows groups,
sets and collections. What follows the end tag stays untouched in `rest`: it is the beginning of the
document.

Rejected: collecting the whole header and parsing it at once. With a client that sends byte by byte
one either parses again at each byte (quadratic) or needs the length of the header, which IPP does
not tell.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from site_server.ipp.builder import MessageBuilder
from site_server.ipp.errors import (
    MalformedMessageError,
    MessageTooLargeError,
    TruncatedMessageError,
    UnencodableError,
)
from site_server.ipp.value_codec import check_length, encode_value
from site_server.ipp.values import Attribute, Collection, Head, Message, Value
from site_server.ipp.vocabulary import DELIMITER_MAX, GroupTag, ValueTag

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD: Final = struct.Struct(">bbHi")
_LENGTH: Final = struct.Struct(">H")
COUNT_MAX: Final = 0x7FFF
"""RFC 8010 counts strings with a signed short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeLimits:
    """What one message may cost. The defaults suit requests; a printer's answer is far longer.

    `header_bytes_max` 64 kB: the largest request of Debian's ipptool suites is below 2 kB.
    `values_max`: all values together, members of collections too. `depth_max`: collections in
    collections; media-col-database needs 2. `is_strict`: hold values to the lengths of RFC 8011;
    off for answers of printers, which are not always tidy.
    """

    header_bytes_max: int = 65_536
    values_max: int = 2_000
    name_bytes_max: int = 255
    depth_max: int = 8
    is_strict: bool = True


REQUEST_LIMITS: Final = DecodeLimits()
ANSWER_LIMITS: Final = DecodeLimits(header_bytes_max=4_194_304, values_max=200_000, is_strict=False)


class MessageDecoder:
    """Turns the first bytes of a stream into one message; see the top of this file.

    After an error the decoder must not be fed again; `head` then still tells whose request it was.
    """

    def __init__(self, limits: DecodeLimits = REQUEST_LIMITS) -> None:
        self._limits = limits
        self._pending = bytearray()
        self._seen_bytes = 0
        self._builder = MessageBuilder(depth_max=limits.depth_max, values_max=limits.values_max)
        self.head: Head | None = None
        self.message: Message | None = None

    @property
    def rest(self) -> bytes:
        """What was fed beyond the end of the message: the beginning of the document."""
        return bytes(self._pending) if self.message else b""

    def feed(self, data: bytes) -> Message | None:
        """Take some more bytes; the message as soon as it is whole.

        Raises:
            CodecError: this is not a message, or it is beyond a limit.

        """
        self._pending += data
        if self.head is None:
            self._read_head()
        position = 0
        while self.head is not None and self.message is None:
            length = self._next_item(position)
            if length == 0:
                break
            position += length
            self._check_size(position)
        del self._pending[:position]
        self._seen_bytes += position
        return self.message

    def finish(self) -> Message:
        """Say that no more bytes come.

        Raises:
            TruncatedMessageError: the message is not whole.

        """
        if self.message is None:
            raise TruncatedMessageError
        return self.message

    def _read_head(self) -> None:
        if len(self._pending) < _HEAD.size:
            return
        major, minor, code, request_id = _HEAD.unpack_from(self._pending)
        self.head = Head(version=(major, minor), code=code, request_id=request_id)
        del self._pending[: _HEAD.size]

    def _check_size(self, position: int) -> None:
        if self._seen_bytes + position > self._limits.header_bytes_max:
            raise MessageTooLargeError

    def _next_item(self, position: int) -> int:
        """Consume the item at this position; its length, or 0 if it is not whole yet."""
        if position >= len(self._pending):
            return 0
        tag = self._pending[position]
        if tag > DELIMITER_MAX:
            return self._next_record(tag, position)
        if tag == GroupTag.END:
            self._end()
        else:
            self._builder.open_group(tag)
        return 1

    def _end(self) -> None:
        if self.head is None:
            raise TruncatedMessageError
        self.message = Message(head=self.head, groups=self._builder.finish())

    def _next_record(self, tag: int, start: int) -> int:
        name_at = start + 1
        name = self._counted(name_at, self._limits.name_bytes_max)
        if name is None:
            return 0
        value_at = name_at + _LENGTH.size + len(name)
        if self._limits.is_strict and (length := self._count(value_at)) is not None:
            check_length(tag, length)
        value = self._counted(value_at, COUNT_MAX)
        if value is None:
            return 0
        self._builder.add(tag, name, value)
        return value_at + _LENGTH.size + len(value) - start

    def _counted(self, position: int, bytes_max: int) -> bytes | None:
        """The counted string at this position; None if it is not whole yet."""
        length = self._count(position)
        if length is None:
            return None
        if length > bytes_max:
            message = f"A name or value of the IPP message has {length} bytes; {bytes_max} may be."
            raise MalformedMessageError(message)
        self._check_size(position + _LENGTH.size + length)
        first = position + _LENGTH.size
        if len(self._pending) < first + length:
            return None
        return bytes(self._pending[first : first + length])

    def _count(self, position: int) -> int | None:
        if len(self._pending) < position + _LENGTH.size:
            return None
        count: int = _LENGTH.unpack_from(self._pending, position)[0]
        return count


def decode(data: bytes, limits: DecodeLimits = REQUEST_LIMITS) -> Message:
    """The message that these bytes begin with.

    Raises:
        CodecError: there is none.

    """
    decoder = MessageDecoder(limits)
    decoder.feed(data)
    return decoder.finish()


def encode(message: Message) -> bytes:
    """The bytes of a message, with the end tag, without a document.

    Raises:
        UnencodableError: a value or a name does not fit IPP.

    """
    head = message.head
    parts = [_encode_head(head)]
    for group in message.groups:
        parts.append(bytes((group.tag,)))
        for attribute in group.attributes:
            parts += _attribute_records(attribute)
    parts.append(bytes((GroupTag.END,)))
    return b"".join(parts)


def _encode_head(head: Head) -> bytes:
    try:
        return _HEAD.pack(*head.version, head.code, head.request_id)
    except struct.error as error:
        raise UnencodableError from error


def _attribute_records(attribute: Attribute) -> Iterator[bytes]:
    name = _encode_name(attribute.name)
    for value in attribute.values:
        yield from _value_records(name, value)
        name = b""


def _value_records(name: bytes, value: Value) -> Iterator[bytes]:
    if not isinstance(value.data, Collection):
        yield _record(value.tag, name, encode_value(value))
        return
    yield _record(ValueTag.BEGIN_COLLECTION, name, b"")
    for member in value.data.members:
        yield _record(ValueTag.MEMBER_NAME, b"", _encode_name(member.name))
        for one in member.values:
            yield from _value_records(b"", one)
    yield _record(ValueTag.END_COLLECTION, b"", b"")


def _encode_name(name: str) -> bytes:
    try:
        raw = name.encode("ascii")
    except UnicodeEncodeError as error:
        raise UnencodableError from error
    if not raw:
        raise UnencodableError
    return raw


def _record(tag: int, name: bytes, value: bytes) -> bytes:
    if max(len(name), len(value)) > COUNT_MAX:
        raise UnencodableError
    return b"".join((bytes((tag,)), _LENGTH.pack(len(name)), name, _LENGTH.pack(len(value)), value))
