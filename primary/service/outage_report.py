"""If this site's WAN were cut now: who could still print where, who could not, and why.

The report puts two standard jobs to the same `decide` that the site asks, for everybody at every
printer of the site, at the beginning of an outage. People whom no rule and no price tells apart
are asked about once, so the report costs the same for a hundred users and for a hundred thousand.

Money is at risk where a balance can be spent twice, here and at another site that hears nothing of
it: under `replica_balance` all of it, under `offline_ceiling` up to the ceiling, under `strict`
nothing, and under `allow_overdraft` there is no bound. Users without a limit are not counted.

Headquarters does not know a branch's clock, so opening hours are not looked at.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from failure_modes.catalogue import CATALOGUE, money_text
from failure_modes.decide import decide
from failure_modes.facts import ReleaseFacts, UserView, View
from failure_modes.policy import Policy, resolve
from failure_modes.pricing import PageCount
from failure_modes.rule_vocabulary import FilterKind
from failure_modes.vocabulary import CreditPolicy, Layer, LinkState, Micros, Reason, WallMs
from primary.names import MICROS_MAX
from primary.store.outage_rows import People, PricedPrinter, credit_micros, people, printers_at
from primary.store.policies import StoredPolicy, all_policies

NO_PRICE: Final = "no_price"
"""Why a site refuses everything at a printer that has no price: no rule was asked."""
JOBS: Final[Mapping[str, PageCount]] = {
    "1 mono page": PageCount(mono=1, colour=0),
    "10 colour pages": PageCount(mono=0, colour=10),
}
BEGINNING: Final = WallMs(0)
"""The moment of the cut: rules only look at how long ago it was."""
NO_LIMIT: Final = MICROS_MAX
GROUP_KINDS: Final = frozenset({FilterKind.GROUP, FilterKind.COLOUR_GROUP})


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReport:
    """One standard job at one printer: how many could print it, and why the others not."""

    job: str
    could_print: int
    refused: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterReport:
    """One printer during the outage."""

    printer_name: str
    policy_version: int
    credit: CreditPolicy
    jobs: tuple[JobReport, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageReport:
    """One site during the outage. `at_risk_micros` is None where nothing bounds it."""

    site_name: str
    currency: str
    users: int
    could_print: int
    """Users who could print at least the first standard job on at least one printer."""
    at_risk_micros: int | None
    printers: tuple[PrinterReport, ...]

    def lines(self) -> list[str]:
        """The report in words."""
        who = f"{self.could_print} of {self.users} users could print"
        said = [
            f"If the WAN of {self.site_name} were cut now, {who}.",
            f"Money at risk: {self._at_risk()}",
        ]
        for each in self.printers:
            said.append(f"{each.printer_name}: credit {each.credit}, policy {each.policy_version}")
            for job in each.jobs:
                said.append(f"  {job.job}: {job.could_print} could print")
                said += [
                    f"    {count} refused, {reason}: {_title(reason)}"
                    for reason, count in job.refused.items()
                ]
        return said

    def _at_risk(self) -> str:
        if self.at_risk_micros is None:
            return "without bound, for debts are allowed"
        return f"at most {money_text(self.at_risk_micros, self.currency)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ruled:
    """A printer and the policy that rules it when an outage begins."""

    printer: PricedPrinter
    policy: Policy


def outage_report(
    connection: Connection, site_name: str, currency: str, wall_ms: WallMs
) -> OutageReport:
    """The report about this site, which exists, with the prices in force at that time."""
    stored = all_policies(connection)
    ruled = [
        _Ruled(printer=each, policy=_policy(stored, site_name, each.printer_name).after(0))
        for each in printers_at(connection, site_name, wall_ms)
    ]
    costs = sorted({0, *(cost for each in ruled for cost in _costs(each))})
    groups = frozenset(name for each in ruled for name in _groups(each.policy))
    alike = _alike(people(connection, groups, costs[-1]), costs)
    answers = {each.printer.printer_name: _ask(each, alike) for each in ruled}
    first = next(iter(JOBS))
    could_print = sum(
        count
        for who, count in alike.items()
        if any(answer[first, who] is None for answer in answers.values())
    )
    return OutageReport(
        site_name=site_name,
        currency=currency,
        users=sum(alike.values()),
        could_print=could_print,
        at_risk_micros=_at_risk(connection, ruled),
        printers=tuple(
            _printer_report(each, answers[each.printer.printer_name], alike) for each in ruled
        ),
    )


def _policy(stored: Iterable[StoredPolicy], site_name: str, printer_name: str) -> Policy:
    scopes = {Layer.GLOBAL: "", Layer.SITE: site_name, Layer.PRINTER: printer_name}
    return resolve(
        {
            each.layer: {**each.rules, "version": each.version}
            for each in stored
            if scopes.get(each.layer) == each.scope
        }
    )


def _costs(ruled: _Ruled) -> Iterable[int]:
    """Whatever a standard job can cost here; a conversion may change sides and colour."""
    view = ruled.printer.view
    if view is None:
        return
    price = view.price_on(ruled.policy.default_paper_size)
    each_micros = (
        price.mono_simplex_micros,
        price.mono_duplex_micros,
        price.colour_simplex_micros,
        price.colour_duplex_micros,
    )
    for pages in JOBS.values():
        yield from (micros * pages.total for micros in each_micros)


def _groups(policy: Policy) -> Iterable[str]:
    for rule in policy.filters.rules:
        if rule.kind in GROUP_KINDS:
            yield from rule.names
    for change in policy.conversions.rules:
        yield from change.groups


def _alike(found: Iterable[People], costs: Sequence[int]) -> Counter[UserView]:
    """How many users there are of each kind that the rules can tell apart.

    A balance only matters by which costs it covers, so the highest of them stands for it.
    """
    alike: Counter[UserView] = Counter()
    for each in found:
        covered_micros = costs[bisect_right(costs, each.balance_micros) - 1]
        who = UserView(
            user_name="anybody",
            enabled=each.enabled,
            restricted=each.restricted,
            balance_micros=Micros(covered_micros),
            groups=each.groups,
        )
        alike[who] += each.count
    return alike


def _ask(ruled: _Ruled, alike: Iterable[UserView]) -> dict[tuple[str, UserView], str | None]:
    """Why each standard job is refused to each kind of user; None where it is not."""
    return {(job, who): _refusal(ruled, who, pages) for job, pages in JOBS.items() for who in alike}


def _refusal(ruled: _Ruled, who: UserView, pages: PageCount) -> str | None:
    printer = ruled.printer.view
    if printer is None:
        return NO_PRICE
    view = View(user=who, printer=printer, offline_since_ms=BEGINNING, replica_ms=BEGINNING)
    decision = decide(ReleaseFacts(pages=pages), view, LinkState.OFFLINE, ruled.policy, BEGINNING)
    return None if decision.allowed else decision.reasons[0]


def _printer_report(
    ruled: _Ruled, answers: Mapping[tuple[str, UserView], str | None], alike: Counter[UserView]
) -> PrinterReport:
    jobs = []
    for job in JOBS:
        counted: Counter[str | None] = Counter()
        for who, count in alike.items():
            counted[answers[job, who]] += count
        could_print = counted.pop(None, 0)
        refused = {str(reason): count for reason, count in counted.most_common()}
        jobs.append(JobReport(job=job, could_print=could_print, refused=refused))
    return PrinterReport(
        printer_name=ruled.printer.printer_name,
        policy_version=ruled.policy.version,
        credit=ruled.policy.credit,
        jobs=tuple(jobs),
    )


def _at_risk(connection: Connection, ruled: Iterable[_Ruled]) -> int | None:
    """The most that could be spent twice, at the printer whose rules are the laxest."""
    bound_micros = 0
    for each in ruled:
        match each.policy.credit:
            case CreditPolicy.ALLOW_OVERDRAFT:
                return None
            case CreditPolicy.REPLICA_BALANCE:
                bound_micros = NO_LIMIT
            case CreditPolicy.OFFLINE_CEILING:
                bound_micros = max(bound_micros, each.policy.offline_ceiling_micros)
            case CreditPolicy.STRICT:
                pass
    return credit_micros(connection, bound_micros)


def _title(reason: str) -> str:
    return "The printer has no price" if reason == NO_PRICE else CATALOGUE[Reason(reason)].title
