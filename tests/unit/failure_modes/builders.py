"""Small makers of facts and views, so that a test names only what matters to it."""

from failure_modes.decide import decide
from failure_modes.decision import Decision
from failure_modes.facts import Facts, PrinterView, ReleaseFacts, UserView, View
from failure_modes.policy import Policy
from failure_modes.pricing import PageCount, Price
from failure_modes.vocabulary import LinkState, Micros, ProviderMode, WallMs

NOW_MS = WallMs(1_790_000_000_000)

PRICE = Price(
    mono_simplex_micros=Micros(50_000),
    mono_duplex_micros=Micros(40_000),
    colour_simplex_micros=Micros(200_000),
    colour_duplex_micros=Micros(150_000),
)


def user(
    balance_micros: int = 5_000_000, *, restricted: bool = True, enabled: bool = True
) -> UserView:
    return UserView(
        user_name="ada",
        enabled=enabled,
        restricted=restricted,
        balance_micros=Micros(balance_micros),
    )


def printer(mode: ProviderMode = ProviderMode.PRINT_AND_LOG_LATER) -> PrinterView:
    return PrinterView(printer_name="hall", price=PRICE, provider_mode=mode)


def view(who: UserView | None = None) -> View:
    return View(user=who or user(), printer=printer())


def blind_view(mode: ProviderMode, who: UserView | None = None) -> View:
    return View(user=who, printer=printer(mode), has_replica=False)


def job(mono: int = 3, colour: int = 0, copies: int = 1) -> ReleaseFacts:
    return ReleaseFacts(pages=PageCount(mono=mono, colour=colour), copies=copies)


UNCOUNTED = ReleaseFacts(pages=None, copies=2)


def ask(
    facts: Facts,
    seen: View | None = None,
    *,
    link: LinkState = LinkState.ONLINE,
    policy: Policy | None = None,
) -> Decision:
    return decide(facts, seen or view(), link, policy or Policy(), NOW_MS)
