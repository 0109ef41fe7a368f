"""One value to and from its bytes (RFC 8010, 3.9), and how long it may be (RFC 8011, 5.1)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from site_server.ipp.errors import MalformedMessageError, UnencodableError, ValueTooLongError
from site_server.ipp.values import Data, DateTime, IntRange, LangString, Resolution, Value
from site_server.ipp.vocabulary import ValueTag

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OUT_OF_BAND_FIRST: Final = 0x10
OUT_OF_BAND_LAST: Final = 0x1F

_STRINGS: Final = frozenset(
    {
        ValueTag.TEXT,
        ValueTag.NAME,
        ValueTag.KEYWORD,
        ValueTag.URI,
        ValueTag.URI_SCHEME,
        ValueTag.CHARSET,
        ValueTag.NATURAL_LANGUAGE,
        ValueTag.MIME_MEDIA_TYPE,
    }
)

VALUE_BYTES_MAX: Final[Mapping[int, int]] = {
    ValueTag.TEXT: 1023,
    ValueTag.NAME: 255,
    ValueTag.KEYWORD: 255,
    ValueTag.URI: 1023,
    ValueTag.URI_SCHEME: 63,
    ValueTag.CHARSET: 63,
    ValueTag.NATURAL_LANGUAGE: 63,
    ValueTag.MIME_MEDIA_TYPE: 255,
    ValueTag.OCTET_STRING: 1023,
    ValueTag.TEXT_WITH_LANGUAGE: 4 + 63 + 1023,
    ValueTag.NAME_WITH_LANGUAGE: 4 + 63 + 255,
    ValueTag.MEMBER_NAME: 255,
}

_INTEGER: Final = struct.Struct(">i")
_RANGE: Final = struct.Struct(">ii")
_RESOLUTION: Final = struct.Struct(">iib")
_DATE_TIME: Final = struct.Struct(">HBBBBBBcBB")
_LENGTH: Final = struct.Struct(">H")


def check_length(tag: int, length: int) -> None:
    """Refuse a value that is longer than its syntax allows, before its bytes are read.

    Raises:
        ValueTooLongError: it is too long.

    """
    if length > VALUE_BYTES_MAX.get(tag, length):
        raise ValueTooLongError


def decode_value(tag: int, raw: bytes) -> Value:
    """The value of these bytes. A tag that we do not know keeps its bytes.

    Raises:
        MalformedMessageError: the bytes are not of this syntax.

    """
    if OUT_OF_BAND_FIRST <= tag <= OUT_OF_BAND_LAST:
        return Value(tag, None)
    if tag in _STRINGS:
        return Value(tag, _decode_text(raw))
    reader = _DECODERS.get(tag)
    return Value(tag, raw if reader is None else reader(raw))


def encode_value(value: Value) -> bytes:
    """The bytes of one value that is not a collection.

    Raises:
        UnencodableError: the data does not fit its tag.

    """
    if OUT_OF_BAND_FIRST <= value.tag <= OUT_OF_BAND_LAST:
        return b""
    try:
        return _encode(value.tag, value.data)
    except (struct.error, UnicodeEncodeError) as error:
        raise UnencodableError from error


def _encode(tag: int, data: Data) -> bytes:
    match data:
        case bytes():
            return data
        case str() if tag in _STRINGS or tag == ValueTag.MEMBER_NAME:
            return data.encode()
        case bool() if tag == ValueTag.BOOLEAN:
            return b"\x01" if data else b"\x00"
        case int() if tag in {ValueTag.INTEGER, ValueTag.ENUM} and not isinstance(data, bool):
            return _INTEGER.pack(data)
        case LangString() if tag in {ValueTag.TEXT_WITH_LANGUAGE, ValueTag.NAME_WITH_LANGUAGE}:
            return _encode_lang_string(data)
        case _:
            return _encode_packed(tag, data)


def _encode_packed(tag: int, data: Data) -> bytes:
    match data:
        case IntRange() if tag == ValueTag.RANGE_OF_INTEGER:
            return _RANGE.pack(data.lower, data.upper)
        case Resolution() if tag == ValueTag.RESOLUTION:
            return _RESOLUTION.pack(data.cross_feed, data.feed, data.units)
        case DateTime() if tag == ValueTag.DATE_TIME:
            return _encode_date_time(data)
        case _:
            raise UnencodableError


def _decode_text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        message = "A string of the IPP message is not UTF-8."
        raise MalformedMessageError(message) from error


def _unpack(layout: struct.Struct, raw: bytes) -> tuple[int, ...]:
    try:
        return layout.unpack(raw)
    except struct.error as error:
        message = "A value of the IPP message has the wrong length for its syntax."
        raise MalformedMessageError(message) from error


def _decode_integer(raw: bytes) -> int:
    return _unpack(_INTEGER, raw)[0]


def _decode_boolean(raw: bytes) -> bool:
    if raw not in {b"\x00", b"\x01"}:
        message = "A boolean of the IPP message is neither 0 nor 1."
        raise MalformedMessageError(message)
    return raw == b"\x01"


def _decode_range(raw: bytes) -> IntRange:
    return IntRange(*_unpack(_RANGE, raw))


def _decode_resolution(raw: bytes) -> Resolution:
    return Resolution(*_unpack(_RESOLUTION, raw))


def _decode_date_time(raw: bytes) -> DateTime | bytes:
    """The moment; the bare bytes if the sign of its time zone is not one."""
    year, month, day, hour, minute, second, decisecond, *zone = _unpack(_DATE_TIME, raw)
    sign = raw[8:9]
    if sign not in {b"+", b"-"}:
        return raw
    return DateTime(
        year, month, day, hour, minute, second, decisecond, sign.decode(), zone[1], zone[2]
    )


def _encode_date_time(moment: DateTime) -> bytes:
    return _DATE_TIME.pack(
        moment.year,
        moment.month,
        moment.day,
        moment.hour,
        moment.minute,
        moment.second,
        moment.decisecond,
        moment.utc_sign.encode(),
        moment.utc_hours,
        moment.utc_minutes,
    )


def _decode_lang_string(raw: bytes) -> LangString:
    language, rest = _split_counted(raw)
    text, rest = _split_counted(rest)
    if rest:
        message = "A string with language of the IPP message is longer than its parts."
        raise MalformedMessageError(message)
    return LangString(_decode_text(language), _decode_text(text))


def _split_counted(raw: bytes) -> tuple[bytes, bytes]:
    length = _unpack(_LENGTH, raw[:2])[0]
    if len(raw) < 2 + length:
        message = "A string with language of the IPP message is shorter than its parts."
        raise MalformedMessageError(message)
    return raw[2 : 2 + length], raw[2 + length :]


def _encode_lang_string(value: LangString) -> bytes:
    language, text = value.language.encode(), value.text.encode()
    return _LENGTH.pack(len(language)) + language + _LENGTH.pack(len(text)) + text


_DECODERS: Final[Mapping[int, Callable[[bytes], Data]]] = {
    ValueTag.INTEGER: _decode_integer,
    ValueTag.ENUM: _decode_integer,
    ValueTag.BOOLEAN: _decode_boolean,
    ValueTag.RANGE_OF_INTEGER: _decode_range,
    ValueTag.RESOLUTION: _decode_resolution,
    ValueTag.DATE_TIME: _decode_date_time,
    ValueTag.TEXT_WITH_LANGUAGE: _decode_lang_string,
    ValueTag.NAME_WITH_LANGUAGE: _decode_lang_string,
}
