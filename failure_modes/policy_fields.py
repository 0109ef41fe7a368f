"""The kinds of policy field: what may stand there, and how it is read from JSON."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol

from failure_modes.opening_hours import DAYS, hours_problems, opening_hours
from failure_modes.raw_shape import choice_problem, name_problem, number_problem
from failure_modes.vocabulary import Layer


class PolicyField(Protocol):
    """One kind of field."""

    @property
    def range_text(self) -> str:
        """What may stand there, in words, for the documentation."""

    def problems(self, value: object) -> list[str]:
        """Return everything that is wrong with `value`, as it came from JSON."""

    def read(self, value: object, layer: Layer) -> object:
        """Return `value`, which has no problem, as the policy keeps it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A field that is one of a closed list."""

    kind: type[StrEnum]

    @property
    def range_text(self) -> str:
        """The list."""
        return ", ".join(f"`{name.value}`" for name in self.kind)

    def problems(self, value: object) -> list[str]:
        """Return what is wrong with `value`, if anything."""
        problem = choice_problem(value, [name.value for name in self.kind])
        return [problem] if problem else []

    def read(self, value: object, layer: Layer) -> object:  # noqa: ARG002 - the same for any layer
        """Return the name as a word of the vocabulary."""
        return self.kind(str(value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A field that is a whole number within bounds."""

    low: int
    high: int
    unit: str

    @property
    def range_text(self) -> str:
        """The bounds and the unit."""
        return f"{self.low} to {self.high} {self.unit}"

    def problems(self, value: object) -> list[str]:
        """Return what is wrong with `value`, if anything."""
        problem = number_problem(value, self.low, self.high, self.unit)
        return [problem] if problem else []

    def read(self, value: object, layer: Layer) -> object:  # noqa: ARG002 - the same for any layer
        """Return the number."""
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A field that is switched on or off."""

    @property
    def range_text(self) -> str:
        """The two words."""
        return "true or false"

    def problems(self, value: object) -> list[str]:
        """Return what is wrong with `value`, if anything."""
        return [] if isinstance(value, bool) else [f"{value!r} is neither true nor false"]

    def read(self, value: object, layer: Layer) -> object:  # noqa: ARG002 - the same for any layer
        """Return the switch."""
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A field that names something in the directory."""

    @property
    def range_text(self) -> str:
        """What a name is."""
        return "a name"

    def problems(self, value: object) -> list[str]:
        """Return what is wrong with `value`, if anything."""
        problem = name_problem(value)
        return [problem] if problem else []

    def read(self, value: object, layer: Layer) -> object:  # noqa: ARG002 - the same for any layer
        """Return the name."""
        return value


_DIMENSION: Final = r"(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?"
_MEDIA_SIZE: Final = re.compile(
    rf"[a-z]+_[a-z0-9][a-z0-9.-]*_{_DIMENSION}x{_DIMENSION}(?:in|mm)", re.ASCII
)
"""A self-describing media size name of PWG 5101.1: class, name, and both sides with their unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperSize:
    """A field that names a paper size, or is empty."""

    @property
    def range_text(self) -> str:
        """An example, which says more than a rule."""
        return "a PWG 5101.1 name such as `iso_a4_210x297mm`; empty: none"

    def problems(self, value: object) -> list[str]:
        """Return what is wrong with `value`, if anything."""
        if value == "":
            return []
        problem = name_problem(value)
        if problem is None and not _MEDIA_SIZE.fullmatch(str(value)):
            problem = f"{value!r} is not a PWG media size name; write it as iso_a4_210x297mm"
        return [problem] if problem else []

    def read(self, value: object, layer: Layer) -> object:  # noqa: ARG002 - the same for any layer
        """Return the name."""
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """A field that lists opening hours."""

    @property
    def range_text(self) -> str:
        """An example, which says more than a rule."""
        return f'`[{{"days": ["{DAYS[0]}"], "from": "07:00", "to": "19:30"}}]`; empty: always open'

    def problems(self, value: object) -> list[str]:
        """Return everything that is wrong with `value`."""
        return hours_problems(value)

    def read(self, value: object, layer: Layer) -> object:  # noqa: ARG002 - the same for any layer
        """Return the hours."""
        return opening_hours(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """A field that lists rules, each of which remembers the layer that set it."""

    range_text: str
    find_problems: Callable[[object], list[str]]
    read_all: Callable[[Any, Layer], object]

    def problems(self, value: object) -> list[str]:
        """Return everything that is wrong with `value`."""
        return self.find_problems(value)

    def read(self, value: object, layer: Layer) -> object:
        """Return the rules."""
        return self.read_all(value, layer)
