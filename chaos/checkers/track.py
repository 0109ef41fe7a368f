"""A value that changes now and then, over the positions of a total order."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")
NEVER: Final = float("inf")


class Track(Generic[T]):
    """`first` before the first change. Positions only grow; each question is one bisection."""

    def __init__(self, first: T) -> None:
        self._positions: list[int] = []
        self._values: list[T] = []
        self._first = first
        self._where: dict[T, list[int]] | None = None

    @property
    def last(self) -> T:
        """The newest value."""
        return self._values[-1] if self._values else self._first

    @property
    def positions(self) -> list[int]:
        """Where it changed."""
        return self._positions

    def put(self, position: int, value: T) -> None:
        """From `position` on it is this."""
        if self._positions and self._positions[-1] == position:
            self._values[-1] = value
        elif value != self.last:
            self._positions.append(position)
            self._values.append(value)

    def at(self, position: int) -> T:
        """What it is there."""
        place = bisect_right(self._positions, position)
        return self._values[place - 1] if place else self._first

    def within(self, first: int, last: int) -> Iterator[int]:
        """`first`, and every place up to `last` where it becomes another."""
        yield first
        for place in range(bisect_right(self._positions, first), len(self._positions)):
            if self._positions[place] > last:
                return
            yield self._positions[place]

    def first_with(self, value: T, first: int) -> float:
        """The first position from `first` on where it is `value`; `NEVER` where it never is."""
        if self.at(first) == value:
            return first
        if self._where is None:
            self._where = {}
            for position, each in zip(self._positions, self._values, strict=True):
                self._where.setdefault(each, []).append(position)
        places = self._where.get(value, [])
        place = bisect_left(places, first)
        return places[place] if place < len(places) else NEVER
