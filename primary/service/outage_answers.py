"""What `decide` would answer everybody at every printer, at any moment of an outage.

People whom no rule and no price tells apart are asked about once. So are printers with the same
price and the same policy. So the answers cost the same for a hundred users and for a hundred
thousand, and hardly more for a hundred printers than for one.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from failure_modes.decide import decide
from failure_modes.decision import Decision
from failure_modes.facts import AccountView, ReleaseFacts, UserView, View
from failure_modes.policy import Policy
from failure_modes.pricing import PageCount, Price
from failure_modes.rule_vocabulary import FilterKind
from failure_modes.vocabulary import LinkState, Micros, WallMs
from primary.store.outage_rows import People, PricedPrinter

NO_PRICE: Final = "no_price"
"""Why a site refuses everything at a printer that has no price: no rule was asked."""
JOBS: Final[Mapping[str, PageCount]] = {
    "1 mono page": PageCount(mono=1, colour=0),
    "10 colour pages": PageCount(mono=0, colour=10),
}
BEGINNING: Final = WallMs(0)
"""The moment of the cut: rules only look at how long ago it was."""
GROUP_KINDS: Final = frozenset({FilterKind.GROUP, FilterKind.COLOUR_GROUP})
ANYBODY: Final = "anybody"

PLAIN_JOB: Final = ReleaseFacts(pages=PageCount(mono=1, colour=0))
SPECIAL_JOBS: Final[Mapping[str, ReleaseFacts]] = {
    "a job that nobody proved to be its user's": replace(PLAIN_JOB, authenticated=False),
    "a job whose user was to choose an account and did not": replace(
        PLAIN_JOB, choose_account=True
    ),
}
"""Jobs that are about an account, by what they are called; they are not counted by people."""

Answers = Mapping[tuple[str, UserView], str | None]
"""Why each standard job is refused to each kind of user; None where it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """A printer and the policy that rules it, escalation included."""

    printer: PricedPrinter
    policy: Policy

    @property
    def price(self) -> Price | None:
        """What an impression of a job costs that names no paper; None where nobody set a price."""
        view = self.printer.view
        return view.price_on(self.policy.default_paper_size) if view else None

    @property
    def kind(self) -> tuple[Price | None, Policy]:
        """What this printer's answers depend on."""
        return self.price, self.policy


class Asker:
    """Puts the standard jobs to `decide` for these kinds of user, once for each kind of printer."""

    def __init__(self, alike: Iterable[UserView]) -> None:
        self._alike = tuple(alike)
        self._answered: dict[tuple[Price | None, Policy, int], Answers] = {}

    def answers(self, ruled: Ruled, after_ms: int) -> Answers:
        """What everybody is answered at this printer so long after the cut."""
        key = (*ruled.kind, after_ms)
        if key not in self._answered:
            self._answered[key] = {
                (job, who): _refusal(ruled, who, pages, after_ms)
                for job, pages in JOBS.items()
                for who in self._alike
            }
        return self._answered[key]


def ask(
    ruled: Ruled,
    job: ReleaseFacts,
    who: UserView,
    *,
    after_ms: int = 0,
    accounts: Mapping[str, AccountView] | None = None,
) -> Decision | None:
    """What the site would decide so long after the cut; None at a printer without a price."""
    printer = ruled.printer.view
    if printer is None:
        return None
    view = View(
        user=who,
        printer=printer,
        accounts=accounts or {},
        offline_since_ms=BEGINNING,
        replica_ms=BEGINNING,
    )
    return decide(job, view, LinkState.OFFLINE, ruled.policy, WallMs(BEGINNING + after_ms))


def costs(ruled: Iterable[Ruled]) -> list[int]:
    """Whatever a standard job can cost, lowest first; a conversion may change sides and colour."""
    prices = {each.price for each in ruled if each.price is not None}
    found = {
        micros * pages.total
        for price in prices
        for pages in JOBS.values()
        for micros in (
            price.mono_simplex_micros,
            price.mono_duplex_micros,
            price.colour_simplex_micros,
            price.colour_duplex_micros,
        )
    }
    return sorted({0, *found})


def group_lists(ruled: Iterable[Ruled]) -> frozenset[frozenset[str]]:
    """The lists of groups that any rule asks for at any moment."""
    policies = {
        policy
        for each in ruled
        for policy in (each.policy, *(stage.policy for stage in each.policy.escalation))
    }
    filters = (rule for policy in policies for rule in policy.filters.rules)
    changes = (rule for policy in policies for rule in policy.conversions.rules)
    return frozenset(
        {
            *(rule.names for rule in filters if rule.kind in GROUP_KINDS),
            *(rule.groups for rule in changes if rule.groups),
        }
    )


def alike(
    found: Iterable[People], bounds: Sequence[int], lists: Collection[frozenset[str]]
) -> Counter[UserView]:
    """How many users there are of each kind that the rules can tell apart.

    Money only matters by which costs it covers, so the highest of them stands for it. Groups
    only matter by the lists in which any of them stands, so the first such groups stand for all.
    """
    counted: Counter[UserView] = Counter()
    standing_for: dict[tuple[bool, ...], frozenset[str]] = {}
    for each in found:
        within = tuple(names.isdisjoint(each.groups) for names in lists)
        who = UserView(
            user_name=ANYBODY,
            enabled=each.enabled,
            restricted=each.restricted,
            balance_micros=_covered(bounds, each.balance_micros),
            allowance_micros=_covered(bounds, each.allowance_micros),
            groups=standing_for.setdefault(within, each.groups),
        )
        counted[who] += each.count
    return counted


def _covered(bounds: Sequence[int], amount_micros: int) -> Micros:
    return Micros(bounds[bisect_right(bounds, amount_micros) - 1])


def _refusal(ruled: Ruled, who: UserView, pages: PageCount, after_ms: int) -> str | None:
    decision = ask(ruled, ReleaseFacts(pages=pages), who, after_ms=after_ms)
    if decision is None:
        return NO_PRICE
    return None if decision.allowed else decision.reasons[0]
