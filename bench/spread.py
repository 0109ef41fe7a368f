"""How far the ratios of several rounds lie apart."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median, quantiles
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH_MAX: Final = 1.5
"""Beyond it the highest is half as much again as the lowest, and another run may say either."""
QUARTILES_FROM: Final = 8
"""With so many rounds one that was disturbed says nothing: the middle half of them is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The lowest, the middle and the highest ratio; with many rounds the quartiles."""

    low: float
    middle: float
    high: float
    rounds: int

    @classmethod
    def of(cls, found: Sequence[float]) -> Self:
        """The spread of these ratios, two or more."""
        low, high = min(found), max(found)
        if len(found) >= QUARTILES_FROM:
            low, _, high = quantiles(found, n=4, method="inclusive")
        return cls(low=low, middle=median(found), high=high, rounds=len(found))

    @property
    def width(self) -> float:
        """The highest by the lowest; without a bound where a ratio is not above zero."""
        return self.high / self.low if self.low > 0 else float("inf")

    @property
    def is_wide(self) -> bool:
        """Whether the figure must be read with care."""
        return self.width > WIDTH_MAX

    def span(self) -> str:
        """For a cell of a table."""
        return f"{self.low:.2f} to {self.high:.2f}"

    def __str__(self) -> str:
        kind = "the middle half" if self.rounds >= QUARTILES_FROM else "all"
        said = (
            f"spread of the ratio: {self.span()}, middle {self.middle:.2f} "
            f"({kind} of {self.rounds} rounds)"
        )
        if not self.is_wide:
            return said
        return f"{said}: TOO WIDE, {self.width:.2f} times where {WIDTH_MAX:g} is the bound"
