"""What is asked, and what the asked node knows.

`Facts` come from the asker (a device, a queue, a panel). `View` comes from the replica and the
site's own journal, read in one transaction. A decision uses nothing else.
"""

from dataclasses import dataclass
from typing import TypeAlias

from failure_modes.errors import check
from failure_modes.pricing import PageCount, Price
from failure_modes.vocabulary import HoldMode, Micros, ProviderMode, Sides


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginFacts:
    """Asks whether the holder of a card may use the device."""

    card_known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseFacts:
    """Asks whether a job may be printed now.

    `pages` is None where the document could not be counted (damaged, encrypted).
    With `force_mono` the printer is told to use black only, so all pages are charged as mono.
    """

    pages: PageCount | None
    copies: int = 1
    sides: Sides = Sides.ONE_SIDED
    force_mono: bool = False

    def __post_init__(self) -> None:
        check(self.copies >= 1, "a job has at least one copy")


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitFacts:
    """Asks whether a job may enter a queue, and whether it waits there.

    A direct queue (`HoldMode.NONE`) is a release at once, hence the same questions in `job`.
    """

    hold_mode: HoldMode
    job: ReleaseFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyFacts:
    """Asks whether a copy session of at most `pages` impressions may begin."""

    pages: int
    colour: bool
    sides: Sides = Sides.ONE_SIDED

    def as_job(self) -> ReleaseFacts:
        """Return the print job that would cost the same."""
        mono, colour = (0, self.pages) if self.colour else (self.pages, 0)
        return ReleaseFacts(pages=PageCount(mono=mono, colour=colour), sides=self.sides)


Facts: TypeAlias = LoginFacts | SubmitFacts | ReleaseFacts | CopyFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class UserView:
    """A user as the site sees them.

    `balance_micros` is the effective balance: replica + own entries that the replica does not
    hold yet - own open reservations. It may be negative.
    """

    user_name: str
    enabled: bool
    restricted: bool
    balance_micros: Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterView:
    """A printer as the site sees it."""

    printer_name: str
    price: Price
    provider_mode: ProviderMode = ProviderMode.PRINT_AND_LOG_LATER


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All that the asked node knows about one question.

    `user` is None where nobody of that name is known. A node with `has_replica=False` knows
    nothing for certain; its `user` is what it was last told, if anything.
    """

    user: UserView | None
    printer: PrinterView
    has_replica: bool = True
