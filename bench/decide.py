"""How long a full release decision takes, and what it does not depend on.

In process, with its trace: a job that passes every gate, conversion, limit and filter and is paid
from credit, so nothing ends early. One thing is varied at a time:

* rules: 0, 1, 10, 100 and 1,000 filters, conversions and opening hours, of all kinds in turn. A
  policy takes 32 filters and 16 conversions per layer, so the thousand are made past that check;
* users and printers: 10 and 10,000 of them, of whom each decision gets the next one. `decide` sees
  one of each, so what could grow is only the memory that has to be fetched.

How it is measured: a round is a thousand single decisions, timed one by one. The variants take
turns, round by round, so that a busy machine is unfair to all of them alike. The judged median and
p99 are those of the middle round: a neighbour that wakes up in some rounds says nothing about a
decision. Growth is the middle one of the ratios within each round. Nothing is left out of what is
printed beside: the p99 of all samples counts every one after the first round, which warms up.
Python's garbage collector stays on, as it is in a server; how often it ran and its longest
pause, which lies within some sample, are printed.
"""

from __future__ import annotations

import gc
import sys
from dataclasses import dataclass, replace
from itertools import count, cycle, islice
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Final

from bench.figure import Figure, percentile
from bench.garbage import Collections
from bench.plot import Line, Plot
from bench.run import begin
from failure_modes import conversions, filter_rules
from failure_modes.conversions import conversion_set
from failure_modes.decide import decide
from failure_modes.facts import PrinterView, ReleaseFacts, UserView, View
from failure_modes.filters import filter_set
from failure_modes.opening_hours import opening_hours
from failure_modes.policy import Policy, resolve
from failure_modes.pricing import PageCount, Price
from failure_modes.vocabulary import Action, Layer, LinkState, Micros, Sides, WallMs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

NOW_MS: Final = WallMs(1_800_000_000_000)
OFFLINE_MS: Final = 3 * 3_600_000
ROUNDS: Final = 40
CALLS_PER_ROUND: Final = 1_000
MEDIAN_TARGET_US: Final = 30
P99_TARGET_US: Final = 100
GROWTHS: Final = {
    "decide, growth with rules": 1.15,
    "decide, growth with users": 1.1,
    "decide, growth with printers": 1.1,
}
MANY_RULES: Final = 1_000
COUNTS: Final = (0, 1, 10, 100, MANY_RULES)
ONE: Final = "1 rules"
MANY: Final = f"{MANY_RULES:,} rules"
FEW: Final = 10
CROWD: Final = 10_000

JOB: Final = ReleaseFacts(
    pages=PageCount(mono=10, colour=2),
    copies=2,
    sides=Sides.TWO_SIDED_LONG_EDGE,
    document_name="minutes of the meeting.pdf",
    document_format="application/pdf",
    spool_bytes=300_000,
    paper_size="iso_a4_210x297mm",
    duplicate_age_ms=7_200_000,
)
PRICE: Final = Price(
    mono_simplex_micros=Micros(50_000),
    mono_duplex_micros=Micros(40_000),
    colour_simplex_micros=Micros(200_000),
    colour_duplex_micros=Micros(150_000),
)


def _view(user_number: int, printer_number: int) -> View:
    """A user in twenty groups at a printer, each an object of its own."""
    courses = (f"course-{(user_number + number) % 500}" for number in range(18))
    return View(
        user=UserView(
            user_name=f"user-{user_number}",
            enabled=True,
            restricted=True,
            balance_micros=Micros(50_000_000 + user_number),
            groups=frozenset({"staff", "oslo", *courses}),
        ),
        printer=PrinterView(
            printer_name=f"printer-{printer_number}",
            price=replace(PRICE, mono_simplex_micros=Micros(50_000 + printer_number)),
        ),
        offline_since_ms=WallMs(NOW_MS - OFFLINE_MS),
        replica_ms=WallMs(NOW_MS - OFFLINE_MS),
        local_minute=10 * 60,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One policy and the views that take turns under it."""

    policy: Policy
    views: tuple[View, ...]

    def samples_us(self) -> list[float]:
        """One round of single decisions."""
        taken = []
        policy, job, link, now_ms = self.policy, JOB, LinkState.OFFLINE, NOW_MS
        for view in islice(cycle(self.views), CALLS_PER_ROUND):
            begin_ns = perf_counter_ns()
            decide(job, view, link, policy, now_ms)
            taken.append((perf_counter_ns() - begin_ns) / 1_000)
        return taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """What one variant cost: one sample per decision."""

    median_us: float
    p99_us: float
    p99_of_all_us: float
    medians_us: tuple[float, ...]
    """Of each round, in their order."""

    @property
    def best_us(self) -> float:
        """The median of the round that was disturbed least."""
        return min(self.medians_us)


RULE_MAKERS: Final[tuple[Callable[[int], tuple[str, dict[str, Any]]], ...]] = (
    lambda n: ("filters", {"kind": "pages_max", "limit": 500 + n}),
    lambda n: ("filters", {"kind": "group", "names": ["staff", f"team-{n}"]}),
    lambda n: ("filters", {"kind": "document_name", "names": [f"draft {n}*", f"*.x{n}"]}),
    lambda n: ("filters", {"kind": "cost_max", "limit": 40_000_000 + n}),
    lambda n: ("filters", {"kind": "document_type", "names": [f"application/x-{n}"]}),
    lambda n: ("conversions", {"kind": "force_mono", "groups": [f"group-{n}"]}),
    lambda n: ("filters", {"kind": "paper_size", "names": ["iso_a4_210x297mm", f"size-{n}"]}),
    lambda n: ("filters", {"kind": "copies_max", "limit": 50 + n}),
    lambda n: ("filters", {"kind": "duplicate", "limit": 60_000 + n}),
    lambda n: ("conversions", {"kind": "force_duplex", "groups": ["staff", f"group-{n}"]}),
    lambda n: ("filters", {"kind": "spool_bytes_max", "limit": 1_000_000_000 + n}),
    lambda n: ("filters", {"kind": "colour_group", "names": ["oslo", f"team-{n}"]}),
    lambda n: ("filters", {"kind": "duplex_only", "scope": ("all", "restricted")[n % 2]}),
    lambda n: (
        "hours",
        {"days": ["mon"], "from": f"{n % 24:02}:00", "to": f"{n % 24:02}:{n % 50 + 10:02}"},
    ),
)


def policy_of(rules: int) -> Policy:
    """A policy with so many rules, and with three steps of escalation as soon as it has any."""
    made: dict[str, list[dict[str, Any]]] = {"filters": [], "conversions": [], "hours": []}
    numbers = count()
    for maker, number in islice(zip(cycle(RULE_MAKERS), numbers, strict=False), rules):
        field_name, raw = maker(number // len(RULE_MAKERS))
        made[field_name].append(raw)
    # The hour in which the bench is asked; the others are around it.
    made["hours"] += [{"days": ["mon"], "from": "09:30", "to": "10:30"}] if made["hours"] else []
    return replace(
        resolve({Layer.GLOBAL: {"credit": "offline_ceiling", "offline_ceiling_micros": 9_000_000}}),
        opening_hours=opening_hours(made["hours"]),
        filters=filter_set(filter_rules.read(made["filters"], Layer.SITE)),
        conversions=conversion_set(conversions.read(made["conversions"], Layer.SITE)),
    )


def variants() -> Iterator[tuple[str, Variant]]:
    """Everything that is measured, by name."""
    one = (_view(0, 0),)
    for rules in COUNTS:
        yield f"{rules:,} rules", Variant(policy=policy_of(rules), views=one)
    policy = policy_of(FEW)
    for users in (FEW, CROWD):
        views = tuple(_view(number, 0) for number in range(users))
        yield f"{users:,} users", Variant(policy=policy, views=views)
    for printers in (FEW, CROWD):
        views = tuple(_view(0, number) for number in range(printers))
        yield f"{printers:,} printers", Variant(policy=policy, views=views)


def measure(every: Mapping[str, Variant]) -> Mapping[str, Timed]:
    """All rounds of all variants in turn; the first round only warms up."""
    rounds: dict[str, list[list[float]]] = {name: [] for name in every}
    for _ in range(ROUNDS + 1):
        for name, each in every.items():
            rounds[name].append(each.samples_us())
    return {name: summed_up(taken[1:]) for name, taken in rounds.items()}


def summed_up(rounds: list[list[float]]) -> Timed:
    """The figures of one variant."""
    everything = [each for taken in rounds for each in taken]
    medians = [percentile(taken, 50) for taken in rounds]
    return Timed(
        median_us=percentile(medians, 50),
        p99_us=percentile([percentile(taken, 99) for taken in rounds], 50),
        p99_of_all_us=percentile(everything, 99),
        medians_us=tuple(medians),
    )


def trace_steps(each: Variant) -> int:
    """How long the trace is. A job that is refused would have been decided too early to count."""
    decision = decide(JOB, each.views[0], LinkState.OFFLINE, each.policy, NOW_MS)
    if decision.action is not Action.ALLOW:
        raise SystemExit(f"this job has to be allowed, not refused: {decision.reasons}")
    return len(decision.trace)


def figure_of(name: str, timed: Mapping[str, Timed], one: str, many: str) -> Figure:
    """How much longer it takes with `many` than with `one`: the middle of all rounds' ratios."""
    pairs = zip(timed[many].medians_us, timed[one].medians_us, strict=True)
    rounds = tuple(longer / shorter for longer, shorter in pairs)
    value, bound = timed[many].median_us, GROWTHS[name]
    return Figure(
        name=name,
        value=value,
        unit="us",
        peer=value / percentile(rounds, 50),
        target=f"ratio <= {bound}",
        met=percentile(rounds, 50) <= bound,
        what=f"a release decision with {many}, median",
        beside=f"with {one}",
        rounds=rounds,
    )


def plot(timed: Mapping[str, Timed]) -> Plot:
    """Medians by rules, users and printers."""
    lines: dict[str, list[tuple[float, float]]] = {}
    for name, each in timed.items():
        number, _, kind = name.replace(",", "").partition(" ")
        if int(number):
            lines.setdefault(kind, []).append((int(number), round(each.median_us, 2)))
    return Plot(
        name="decide",
        title="One full release decision, in process",
        x="rules, users or printers",
        y="median, us",
        lines=tuple(Line(label=kind, points=tuple(points)) for kind, points in lines.items()),
    )


def main() -> int:
    """Measure and print the figure."""
    run = begin("decide", __doc__)
    every = dict(variants())
    collections = Collections()
    gc.callbacks.append(collections)
    timed = measure(every)
    gc.callbacks.remove(collections)
    print(f"{'':16}{'median':>8}{'p99':>8}{'p99 of all':>12}{'best round':>12}  us; steps of trace")
    for name, each in timed.items():
        print(
            f"{name:16}{each.median_us:8.1f}{each.p99_us:8.1f}{each.p99_of_all_us:12.1f}"
            f"{each.best_us:12.1f}  {trace_steps(every[name])}"
        )
    print(
        f"{collections.runs} garbage collections in {len(every) * (ROUNDS + 1) * CALLS_PER_ROUND} "
        f"decisions, the longest {collections.longest_us:.0f} us"
    )
    many, one = timed[MANY], timed[ONE]
    figure = Figure(
        name="decide",
        value=many.median_us,
        unit="us",
        peer=one.median_us,
        target=f"median <= {MEDIAN_TARGET_US} us, p99 <= {P99_TARGET_US} us",
        met=many.median_us <= MEDIAN_TARGET_US and many.p99_us <= P99_TARGET_US,
        what=f"one full release decision with its trace, in process, {MANY_RULES:,} rules, median",
        beside="the same with one rule",
        rounds=tuple(m / o for m, o in zip(many.medians_us, one.medians_us, strict=True)),
    )
    return run.end(
        figure,
        figure_of("decide, growth with rules", timed, ONE, MANY),
        figure_of("decide, growth with users", timed, f"{FEW} users", f"{CROWD:,} users"),
        figure_of("decide, growth with printers", timed, f"{FEW} printers", f"{CROWD:,} printers"),
        plots=[plot(timed)],
    )


if __name__ == "__main__":
    sys.exit(main())
