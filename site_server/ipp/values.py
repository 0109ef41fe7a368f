"""An IPP message as frozen values.

`Value` keeps the tag beside the data, so whatever is decoded can be encoded again to the same
bytes, also where this server knows neither the attribute nor the tag (the data is then plain
bytes).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import TypeAlias

from site_server.ipp.vocabulary import GroupTag, ValueTag


@dataclass(frozen=True, slots=True)
class IntRange:
    """An inclusive range of integers."""

    lower: int
    upper: int


@dataclass(frozen=True, slots=True)
class Resolution:
    """Dots per unit across and along the feed; units 3 = per inch, 4 = per centimetre."""

    cross_feed: int
    feed: int
    units: int = 3


@dataclass(frozen=True, slots=True)
class LangString:
    """A text or a name with a language of its own."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class DateTime:
    """The eleven octets of a dateTime, read as the ten fields of RFC 2579.

    Kept as fields because printers send moments that no calendar has (month 0, second 60): one odd
    field must not make the whole answer of a printer unreadable.
    """

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    decisecond: int
    utc_sign: str
    utc_hours: int
    utc_minutes: int

    @classmethod
    def from_wall_ms(cls, wall_ms: int) -> DateTime:
        """The moment in UTC, to a tenth of a second."""
        moment = datetime.fromtimestamp(wall_ms // 1000, tz=UTC)
        return cls(
            year=moment.year,
            month=moment.month,
            day=moment.day,
            hour=moment.hour,
            minute=moment.minute,
            second=moment.second,
            decisecond=wall_ms % 1000 // 100,
            utc_sign="+",
            utc_hours=0,
            utc_minutes=0,
        )

    def to_datetime(self) -> datetime | None:
        """The moment, or None if no such moment exists."""
        offset = timedelta(hours=self.utc_hours, minutes=self.utc_minutes)
        try:
            return datetime(
                self.year,
                self.month,
                self.day,
                self.hour,
                self.minute,
                self.second,
                self.decisecond * 100_000,
                tzinfo=timezone(-offset if self.utc_sign == "-" else offset),
            )
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Collection:
    """A value made of attributes (RFC 8010, 3.1.6)."""

    members: tuple[Attribute, ...]

    def get(self, name: str) -> Attribute | None:
        """The member of this name."""
        return next((member for member in self.members if member.name == name), None)


Data: TypeAlias = (
    bool | int | str | bytes | IntRange | Resolution | LangString | DateTime | Collection | None
)


@dataclass(frozen=True, slots=True)
class Value:
    """One value with its syntax. `tag` is a plain int, for there are tags we do not know."""

    tag: int
    data: Data


@dataclass(frozen=True, slots=True)
class Attribute:
    """A name with one value or several."""

    name: str
    values: tuple[Value, ...]

    @property
    def first(self) -> Data:
        """The data of the first value; None for out-of-band values such as no-value."""
        return self.values[0].data

    @property
    def tag(self) -> int:
        """The syntax of the first value."""
        return self.values[0].tag

    def integers(self) -> tuple[int, ...]:
        """All values that are integers or enums."""
        return tuple(
            value.data
            for value in self.values
            if value.tag in {ValueTag.INTEGER, ValueTag.ENUM} and isinstance(value.data, int)
        )

    def texts(self) -> tuple[str, ...]:
        """All values that are some kind of string, without their language."""
        return tuple(text for value in self.values if (text := text_of(value)) is not None)


@dataclass(frozen=True, slots=True)
class Group:
    """Attributes that belong together: those of the operation, of one job, of one printer."""

    tag: int
    attributes: tuple[Attribute, ...] = ()

    def get(self, name: str) -> Attribute | None:
        """The attribute of this name."""
        return next((one for one in self.attributes if one.name == name), None)

    def text(self, name: str) -> str | None:
        """The first value of this attribute, if it is a string."""
        found = self.get(name)
        return text_of(found.values[0]) if found else None

    def integer(self, name: str) -> int | None:
        """The first value of this attribute, if it is an integer or an enum."""
        found = self.get(name)
        return next(iter(found.integers()), None) if found else None

    def boolean(self, name: str) -> bool | None:
        """The first value of this attribute, if it is a boolean."""
        found = self.get(name)
        return found.first if found and isinstance(found.first, bool) else None

    def texts(self, name: str) -> tuple[str, ...]:
        """All string values of this attribute; empty if it is missing."""
        found = self.get(name)
        return found.texts() if found else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The first eight bytes. `code` is an operation in a request, a status in an answer."""

    version: tuple[int, int]
    code: int
    request_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A request or an answer without its document."""

    head: Head
    groups: tuple[Group, ...]

    def group(self, tag: GroupTag) -> Group:
        """The first group of this tag; an empty one if there is none."""
        return next((one for one in self.groups if one.tag == tag), Group(tag))


def text_of(value: Value) -> str | None:
    """The value as a plain string, without its language; None if it is not a string."""
    if isinstance(value.data, LangString):
        return value.data.text
    return value.data if isinstance(value.data, str) else None
