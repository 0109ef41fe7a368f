"""One short function per syntax that makes an attribute, for everybody who writes IPP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from site_server.ipp.value_codec import VALUE_BYTES_MAX
from site_server.ipp.values import Attribute, DateTime, IntRange, Value
from site_server.ipp.vocabulary import ValueTag

if TYPE_CHECKING:
    from collections.abc import Iterable

    from site_server.ipp.values import Data


def charset(name: str, *values: str) -> Attribute:
    """A charset attribute."""
    return _clipped(name, ValueTag.CHARSET, values)


def natural_language(name: str, *values: str) -> Attribute:
    """A naturalLanguage attribute."""
    return _clipped(name, ValueTag.NATURAL_LANGUAGE, values)


def keyword(name: str, *values: str) -> Attribute:
    """A keyword attribute."""
    return _clipped(name, ValueTag.KEYWORD, values)


def uri(name: str, *values: str) -> Attribute:
    """A uri attribute."""
    return _clipped(name, ValueTag.URI, values)


def mime_type(name: str, *values: str) -> Attribute:
    """A mimeMediaType attribute."""
    return _clipped(name, ValueTag.MIME_MEDIA_TYPE, values)


def text(name: str, *values: str) -> Attribute:
    """A textWithoutLanguage attribute; longer text is cut to 1023 bytes."""
    return _clipped(name, ValueTag.TEXT, values)


def name_(name: str, *values: str) -> Attribute:
    """A nameWithoutLanguage attribute; longer text is cut to 255 bytes."""
    return _clipped(name, ValueTag.NAME, values)


def integer(name: str, *values: int) -> Attribute:
    """An integer attribute."""
    return _make(name, ValueTag.INTEGER, values)


def enum(name: str, *values: int) -> Attribute:
    """An enum attribute."""
    return _make(name, ValueTag.ENUM, (int(value) for value in values))


def boolean(name: str, *, value: bool) -> Attribute:
    """A boolean attribute."""
    return _make(name, ValueTag.BOOLEAN, (value,))


def int_range(name: str, lower: int, upper: int) -> Attribute:
    """A rangeOfInteger attribute."""
    return _make(name, ValueTag.RANGE_OF_INTEGER, (IntRange(lower, upper),))


def date_time(name: str, wall_ms: int | None) -> Attribute:
    """A dateTime attribute; `no-value` for what has not happened yet."""
    if wall_ms is None:
        return no_value(name)
    return _make(name, ValueTag.DATE_TIME, (DateTime.from_wall_ms(wall_ms),))


def integer_or_no_value(name: str, value: int | None) -> Attribute:
    """An integer attribute; `no-value` for what is not known."""
    return no_value(name) if value is None else integer(name, value)


def no_value(name: str) -> Attribute:
    """An attribute that exists and has no value yet."""
    return Attribute(name, (Value(ValueTag.NO_VALUE, None),))


def unsupported(name: str) -> Attribute:
    """How an answer says that it does not know this attribute at all (RFC 8011, 4.1.7)."""
    return Attribute(name, (Value(ValueTag.UNSUPPORTED_VALUE, None),))


def clip(value: str, bytes_max: int) -> str:
    """The longest beginning of the text that fits, never half a character."""
    return value.encode()[:bytes_max].decode(errors="ignore")


def _clipped(name: str, tag: ValueTag, values: Iterable[str]) -> Attribute:
    return _make(name, tag, (clip(value, VALUE_BYTES_MAX[tag]) for value in values))


def _make(name: str, tag: ValueTag, values: Iterable[Data]) -> Attribute:
    return Attribute(name, tuple(Value(tag, value) for value in values))
