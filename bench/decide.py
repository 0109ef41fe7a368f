"""How long a full release decision takes, with few and with many rules, beside one with none.

In process, with its trace: a job that passes every gate, conversion, limit and filter and is paid
from credit, so nothing ends early. The peer is the same job under the built-in policy. The rounds
take turns, so that a busy machine is unfair to all of them alike, and the p99 that counts is that
of the middle round: a neighbour who wakes up in some rounds says nothing about a decision. The p99
of all samples is printed beside it. There is no number of users or printers to vary: a decision
gets one of each, and this user is in many groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter_ns
from typing import TYPE_CHECKING, Final

from bench.figure import Figure, machine, percentile
from failure_modes.decide import decide
from failure_modes.facts import PrinterView, ReleaseFacts, UserView, View
from failure_modes.policy import Policy, resolve
from failure_modes.pricing import PageCount, Price
from failure_modes.vocabulary import Action, Layer, LinkState, Micros, Sides, WallMs

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW_MS: Final = WallMs(1_800_000_000_000)
OFFLINE_MS: Final = 3 * 3_600_000
ROUNDS: Final = 40
CALLS_PER_ROUND: Final = 1_000
MEDIAN_TARGET_US: Final = 30
P99_TARGET_US: Final = 100
LAYERS: Final = (Layer.GLOBAL, Layer.SITE, Layer.PRINTER)

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
VIEW: Final = View(
    user=UserView(
        user_name="ada",
        enabled=True,
        restricted=True,
        balance_micros=Micros(50_000_000),
        groups=frozenset({"staff", *(f"course-{number}" for number in range(200))}),
    ),
    printer=PrinterView(
        printer_name="hall",
        price=Price(
            mono_simplex_micros=Micros(50_000),
            mono_duplex_micros=Micros(40_000),
            colour_simplex_micros=Micros(200_000),
            colour_duplex_micros=Micros(150_000),
        ),
    ),
    offline_since_ms=WallMs(NOW_MS - OFFLINE_MS),
    replica_ms=WallMs(NOW_MS - OFFLINE_MS),
    local_minute=10 * 60,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """What one policy cost: one sample per decision."""

    median_us: float
    p99_us: float
    p99_of_all_us: float
    trace_steps: int


def few_rules() -> Policy:
    """What a careful office sets."""
    return resolve(
        {
            Layer.GLOBAL: {
                "credit": "offline_ceiling",
                "filters": [
                    {"kind": "pages_max", "limit": 500},
                    {"kind": "group", "names": ["staff", "students"]},
                    {"kind": "document_name", "names": ["*.exe"]},
                ],
                "conversions": [{"kind": "force_duplex"}],
            },
            Layer.SITE: {"opening_hours": [{"days": ["mon"], "from": "07:00", "to": "19:30"}]},
        }
    )


def many_rules() -> Policy:
    """As much as a policy takes, in every layer that can be set."""
    filters = [
        *({"kind": "pages_max", "limit": 500 + number} for number in range(7)),
        *({"kind": "cost_max", "limit": 40_000_000 + number} for number in range(7)),
        *({"kind": "group", "names": ["staff", f"team-{number}"]} for number in range(6)),
        *({"kind": "document_type", "names": [f"application/x-{number}"]} for number in range(6)),
        {"kind": "document_name", "names": ["*.exe", "draft*", "*salary*"]},
        {"kind": "paper_size", "names": ["iso_a4_210x297mm", "iso_a3_297x420mm"]},
        {"kind": "spool_bytes_max", "limit": 1_000_000_000},
        {"kind": "copies_max", "limit": 50},
        {"kind": "duplicate", "limit": 60_000},
        {"kind": "duplex_only"},
    ]
    conversions = [
        *({"kind": "force_mono", "groups": [f"group-{number}"]} for number in range(8)),
        *({"kind": "force_duplex", "groups": ["staff", f"{number}"]} for number in range(8)),
    ]
    days = ["mon", "tue", "wed", "thu", "fri"]
    hours = [{"days": days, "from": f"{hour:02}:00", "to": f"{hour:02}:55"} for hour in range(24)]
    steps = [
        {"after_ms": hour * 3_600_000, "rules": {"offline_ceiling_micros": 9_000_000 - hour}}
        for hour in range(10)
    ]
    rules = {"filters": filters, "conversions": conversions, "credit": "offline_ceiling"}
    rules |= {"opening_hours": hours, "escalation": steps}
    return resolve(dict.fromkeys(LAYERS, rules))


def samples_us(policy: Policy) -> list[float]:
    """One round of single decisions."""
    taken = []
    for _ in range(CALLS_PER_ROUND):
        begin_ns = perf_counter_ns()
        decide(JOB, VIEW, LinkState.OFFLINE, policy, NOW_MS)
        taken.append((perf_counter_ns() - begin_ns) / 1_000)
    return taken


def measure(policies: Mapping[str, Policy]) -> Mapping[str, Timed]:
    """All rounds of all policies in turn; the first round only warms up."""
    rounds: dict[str, list[list[float]]] = {name: [] for name in policies}
    for _ in range(ROUNDS + 1):
        for name, policy in policies.items():
            rounds[name].append(samples_us(policy))
    return {name: summed_up(rounds[name][1:], policy) for name, policy in policies.items()}


def summed_up(rounds: list[list[float]], policy: Policy) -> Timed:
    """The figures of one policy."""
    everything = [each for taken in rounds for each in taken]
    return Timed(
        median_us=percentile(everything, 50),
        p99_us=percentile([percentile(taken, 99) for taken in rounds], 50),
        p99_of_all_us=percentile(everything, 99),
        trace_steps=trace_steps(policy),
    )


def trace_steps(policy: Policy) -> int:
    """How long the trace is. A job that is refused would have been decided too early to count."""
    decision = decide(JOB, VIEW, LinkState.OFFLINE, policy, NOW_MS)
    if decision.action is not Action.ALLOW:
        raise SystemExit(f"this job has to be allowed, not refused: {decision.reasons}")
    return len(decision.trace)


def main() -> None:
    """Measure and print the figure."""
    timed = measure({"none": Policy(), "few": few_rules(), "many": many_rules()})
    for name, each in timed.items():
        print(
            f"{name} rules: median {each.median_us:.1f} us, p99 {each.p99_us:.1f} us "
            f"(of all samples {each.p99_of_all_us:.1f}), "
            f"{each.trace_steps} steps in the trace, {ROUNDS * CALLS_PER_ROUND} samples"
        )
    print(machine())
    many, none = timed["many"], timed["none"]
    figure = Figure(
        name="decide",
        value=many.median_us,
        unit="us",
        peer=none.median_us,
        target=f"median <= {MEDIAN_TARGET_US} us, p99 <= {P99_TARGET_US} us",
        met=many.median_us <= MEDIAN_TARGET_US and many.p99_us <= P99_TARGET_US,
    )
    print(figure.line())


if __name__ == "__main__":
    main()
