"""What is asked, and what the asked node knows.

`Facts` come from the asker (a device, a queue, a panel). `View` comes from the replica and the
site's own journal, read in one transaction. A decision uses nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from failure_modes.errors import check
from failure_modes.pricing import PageCount, Price
from failure_modes.tariff import Tariff
from failure_modes.vocabulary import Function, HoldMode, Micros, ProviderMode, Sides, WallMs

NO_MONEY: Final = Micros(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordCheck:
    """How a password compared, in the two places where a site can look; None: nobody could say."""

    directory_ok: bool | None = None
    """What a directory in the branch answered."""
    hash_ok: bool | None = None
    """How the slow hash in the replica compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginFacts:
    """Asks whether the holder of a card may use the device.

    `pin_ok` is None where the device asks for no PIN. A login by user name and password has
    `password`, and then the card is not looked at.
    """

    card_known: bool
    pin_ok: bool | None = None
    password: PasswordCheck | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseFacts:
    """Asks whether a job may be printed now.

    `pages` is None where the document could not be counted (damaged, encrypted).
    With `force_mono` the printer is told to use black only, so all pages are charged as mono.
    An empty name, format or paper size is one that the job does not tell. `duplicate_age_ms` is
    how long ago this user last let the same document out here, None where they did not.
    """

    pages: PageCount | None
    copies: int = 1
    sides: Sides = Sides.ONE_SIDED
    force_mono: bool = False
    document_name: str = ""
    document_format: str = ""
    """A MIME type, as IPP's `document-format`."""
    spool_bytes: int = 0
    paper_size: str = ""
    """A PWG media size name such as `iso_a4_210x297mm`, as IPP's `media`."""
    duplicate_age_ms: int | None = None
    authenticated: bool = True
    """Whether somebody has proved that the user sent the job: a spool name proves nothing."""
    by_manager: bool = False
    """Whether a manager lets the job go, who vouches for it."""
    from_other_site: bool = False
    """Whether the job lies on the spool of another site."""
    choose_account: bool = False
    """Whether the user is to choose who pays,"""
    account_name: str | None = None
    """and the shared account that was chosen; None where none was."""

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
class LateFacts:
    """Asks whether a job that was printed without an answer may still be charged.

    The view has to hold the price that was in force at `printed_ms`.
    """

    job: ReleaseFacts
    printed_ms: WallMs


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyFacts:
    """Asks whether a copy session of at most `pages` impressions may begin."""

    pages: int
    colour: bool
    sides: Sides = Sides.ONE_SIDED
    paper_size: str = ""
    choose_account: bool = False
    account_name: str | None = None

    def as_job(self) -> ReleaseFacts:
        """Return the print job that would cost the same."""
        mono, colour = (0, self.pages) if self.colour else (self.pages, 0)
        return ReleaseFacts(
            pages=PageCount(mono=mono, colour=colour),
            sides=self.sides,
            paper_size=self.paper_size,
            choose_account=self.choose_account,
            account_name=self.account_name,
        )


WITHOUT_PAPER: Final = frozenset(
    {
        Function.SHOW_BALANCE,
        Function.CHOOSE_ACCOUNT,
        Function.CHANGE_JOB_SETTINGS,
        Function.CLAIM_CARD,
        Function.ADD_CREDIT,
        Function.ADMINISTER,
    }
)
"""The functions that no other question belongs to: nobody logs in by them, and no paper comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionFacts:
    """Asks whether somebody who is logged in may use a function that lets no paper out."""

    function: Function

    def __post_init__(self) -> None:
        check(self.function in WITHOUT_PAPER, "a function with a question of its own asks that one")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFacts:
    """A job with its bill, all copies: what the filters look at, after the conversions."""

    job: ReleaseFacts
    impressions: int
    colour_impressions: int
    cost_micros: Micros


Facts: TypeAlias = LoginFacts | SubmitFacts | ReleaseFacts | CopyFacts | LateFacts | FunctionFacts


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
    groups: frozenset[str] = frozenset()
    allowance_micros: Micros = NO_MONEY
    """What this site may still spend for the user under `strict`."""
    offline_spent_micros: Micros = NO_MONEY
    """What the user has spent and reserved here since this outage began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """A shared account as the site sees it; the money is meant as in `UserView`."""

    account_name: str
    balance_micros: Micros
    enabled: bool = True
    restricted: bool = True
    open_to_user: bool = True
    """Whether the user of the question may charge it."""
    allowance_micros: Micros = NO_MONEY
    offline_spent_micros: Micros = NO_MONEY


Payer: TypeAlias = UserView | AccountView
"""Whoever pays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterView:
    """A printer as the site sees it.

    With a `tariff` of a price list an impression costs what it says for the paper size, else
    `price`, whatever the size.
    """

    printer_name: str
    price: Price
    provider_mode: ProviderMode = ProviderMode.PRINT_AND_LOG_LATER
    tariff: Tariff | None = None

    def price_on(self, paper_size: str) -> Price:
        """Return the price of an impression on this paper."""
        return self.tariff.price(paper_size) if self.tariff else self.price


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All that the asked node knows about one question.

    `user` is None where nobody of that name is known. A node with `has_replica=False` knows
    nothing for certain; its `user` is what it was last told, if anything.
    What is None here is not known, and the rules that would ask for it stay silent.
    """

    user: UserView | None
    printer: PrinterView
    has_replica: bool = True
    log_has_room: bool = True
    """Whether the offline log of a node without a replica takes one more record."""
    accounts: Mapping[str, AccountView] = field(default_factory=dict)
    """The shared accounts that the question may touch, by name."""
    offline_since_ms: WallMs | None = None
    """When the present outage began; kept until the link is online again."""
    replica_ms: WallMs | None = None
    """The newest word from headquarters that the replica holds: the time of its heartbeat."""
    local_minute: int | None = None
    """Minutes since Monday 0:00 on the site's own clocks. Time zones are the caller's matter."""
