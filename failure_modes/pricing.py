"""What paper costs.

The unit is the impression: one printed side of one sheet. Cost is the plain sum over impressions,
so it can be split and added at will, and a person can follow it line by line.

The last side of a duplex job with an odd number of pages is still charged at the duplex price.
The alternative, one simplex side at the end, would make the cost of two documents differ from
the cost of the same pages in one, and nobody could check a bill by multiplying.
"""

from dataclasses import dataclass
from typing import Final

from failure_modes.errors import check
from failure_modes.vocabulary import Micros, Sides

WHOLE_PPM: Final = 1_000_000
"""Parts per million of the whole: a discount of so much makes an impression free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageCount:
    """The impressions of one copy."""

    mono: int
    colour: int

    def __post_init__(self) -> None:
        check(self.mono >= 0 and self.colour >= 0, "a page count is never negative")

    @property
    def total(self) -> int:
        """All impressions of one copy."""
        return self.mono + self.colour

    def in_mono(self) -> "PageCount":
        """Return the same pages printed in black only."""
        return PageCount(mono=self.total, colour=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The price of one impression on one printer."""

    mono_simplex_micros: Micros
    mono_duplex_micros: Micros
    colour_simplex_micros: Micros
    colour_duplex_micros: Micros

    def __post_init__(self) -> None:
        cheapest = min(
            self.mono_simplex_micros,
            self.mono_duplex_micros,
            self.colour_simplex_micros,
            self.colour_duplex_micros,
        )
        check(cheapest >= 0, "a price is never negative")

    def of_impression(self, *, colour: bool, sides: Sides) -> Micros:
        """Return the price of one impression."""
        if sides is Sides.ONE_SIDED:
            return self.colour_simplex_micros if colour else self.mono_simplex_micros
        return self.colour_duplex_micros if colour else self.mono_duplex_micros


def discounted_price(mono_micros: Micros, colour_micros: Micros, duplex_discount_ppm: int) -> Price:
    """Return the price of an impression that is cheaper on paper printed on both sides.

    The discounted price is rounded down to whole micros, each impression for itself: nobody pays
    more than the exact price, at most a micro less per impression, and a bill still multiplies.
    """
    check(0 <= duplex_discount_ppm <= WHOLE_PPM, "a discount is a part of the whole")
    kept_ppm = WHOLE_PPM - duplex_discount_ppm
    return Price(
        mono_simplex_micros=mono_micros,
        mono_duplex_micros=Micros(mono_micros * kept_ppm // WHOLE_PPM),
        colour_simplex_micros=colour_micros,
        colour_duplex_micros=Micros(colour_micros * kept_ppm // WHOLE_PPM),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """One line of a bill: so many impressions of one kind."""

    colour: bool
    sides: Sides
    impressions: int
    each_micros: Micros

    @property
    def amount_micros(self) -> Micros:
        """What this line adds to the cost."""
        return Micros(self.impressions * self.each_micros)


def cost_lines(pages: PageCount, copies: int, sides: Sides, price: Price) -> tuple[CostLine, ...]:
    """Return the bill of a job, mono before colour, without empty lines."""
    check(copies >= 1, "a job has at least one copy")
    lines = []
    if pages.mono:
        each_micros = price.of_impression(colour=False, sides=sides)
        lines.append(
            CostLine(
                colour=False,
                sides=sides,
                impressions=pages.mono * copies,
                each_micros=each_micros,
            )
        )
    if pages.colour:
        each_micros = price.of_impression(colour=True, sides=sides)
        lines.append(
            CostLine(
                colour=True,
                sides=sides,
                impressions=pages.colour * copies,
                each_micros=each_micros,
            )
        )
    return tuple(lines)


def cost_micros(pages: PageCount, copies: int, sides: Sides, price: Price) -> Micros:
    """Return what a job costs: the sum of its `cost_lines`."""
    return total_micros(cost_lines(pages, copies, sides, price))


def total_micros(lines: tuple[CostLine, ...]) -> Micros:
    """Return the sum of a bill."""
    total_micros = 0
    for line in lines:
        total_micros += line.impressions * line.each_micros
    return Micros(total_micros)
