"""Records become groups, sets and collections (RFC 8010, 3.1.2 to 3.1.7).

The wire is flat: a record without a name is one more value of the attribute before it, and a
collection is the run of records between a begin and an end record. The open collections are a
stack.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NoReturn

from site_server.ipp.errors import MalformedMessageError, MessageTooLargeError
from site_server.ipp.value_codec import decode_value
from site_server.ipp.values import Attribute, Collection, Group, Value
from site_server.ipp.vocabulary import ValueTag


@dataclass(slots=True)
class _Holder:
    """Something that has attributes and is still open: a group or a collection."""

    tag: int
    names: list[str] = field(default_factory=list)
    values: list[list[Value]] = field(default_factory=list)

    def start(self, name: str) -> None:
        self.names.append(name)
        self.values.append([])

    def append(self, value: Value) -> None:
        if not self.values:
            _malformed("A value of the IPP message belongs to no attribute.")
        self.values[-1].append(value)

    def attributes(self) -> tuple[Attribute, ...]:
        if not all(self.values):
            _malformed("A member of a collection has no value.")
        return tuple(
            Attribute(name, tuple(values))
            for name, values in zip(self.names, self.values, strict=True)
        )


class MessageBuilder:
    """Collects records until the end of the message."""

    def __init__(self, *, depth_max: int, values_max: int) -> None:
        self._depth_max = depth_max
        self._values_left = values_max
        self._groups: list[_Holder] = []
        self._open: list[_Holder] = []

    def open_group(self, tag: int) -> None:
        """Begin a group; the one before it ends."""
        if tag == 0:
            _malformed("The IPP message has a group with the reserved tag 0.")
        self._check_closed()
        self._groups.append(_Holder(tag))

    def add(self, tag: int, name: bytes, raw: bytes) -> None:
        """Take one record.

        Raises:
            MalformedMessageError: it cannot stand here.
            MessageTooLargeError: it is one value too many, or one collection too deep.

        """
        if not self._groups:
            _malformed("The IPP message has an attribute outside of any group.")
        self._values_left -= 1
        if self._values_left < 0:
            raise MessageTooLargeError
        if self._open:
            self._add_member(tag, name, raw)
        else:
            self._add_value(tag, name, raw)

    def finish(self) -> tuple[Group, ...]:
        """The groups of the finished message."""
        self._check_closed()
        return tuple(Group(holder.tag, holder.attributes()) for holder in self._groups)

    def _add_value(self, tag: int, name: bytes, raw: bytes) -> None:
        if tag in {ValueTag.MEMBER_NAME, ValueTag.END_COLLECTION}:
            _malformed("The IPP message ends a collection that it did not begin.")
        if name:
            self._groups[-1].start(_name(name))
        self._put(tag, raw)

    def _add_member(self, tag: int, name: bytes, raw: bytes) -> None:
        if name:
            _malformed("The IPP message begins an attribute inside of a collection.")
        if tag == ValueTag.MEMBER_NAME:
            self._open[-1].start(_name(raw))
        elif tag == ValueTag.END_COLLECTION:
            self._close()
        else:
            self._put(tag, raw)

    def _put(self, tag: int, raw: bytes) -> None:
        if tag != ValueTag.BEGIN_COLLECTION:
            self._holder.append(decode_value(tag, raw))
        elif len(self._open) >= self._depth_max:
            raise MessageTooLargeError
        elif not self._holder.names:
            _malformed("A collection of the IPP message belongs to no attribute.")
        else:
            self._open.append(_Holder(tag))

    def _close(self) -> None:
        closed = self._open.pop()
        self._holder.append(Value(ValueTag.BEGIN_COLLECTION, Collection(closed.attributes())))

    @property
    def _holder(self) -> _Holder:
        return self._open[-1] if self._open else self._groups[-1]

    def _check_closed(self) -> None:
        if self._open:
            _malformed("The IPP message leaves a collection open.")


def _name(raw: bytes) -> str:
    if not raw:
        _malformed("A member of a collection has no name.")
    try:
        return raw.decode("ascii")
    except UnicodeDecodeError as error:
        message = "The name of an attribute is not ASCII."
        raise MalformedMessageError(message) from error


def _malformed(message: str) -> NoReturn:
    raise MalformedMessageError(message)
