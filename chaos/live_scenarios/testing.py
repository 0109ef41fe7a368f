"""A scenario that nobody played, with a result that looks as if somebody had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.checkers.verdict import Validity, Verdict
from chaos.history import Event, History, Operation, Outcome
from chaos.live_scenarios.plan import Plan
from chaos.live_scenarios.result import Result
from chaos.live_scenarios.scenario import Scenario
from chaos.live_scenarios.stage import Check
from chaos.live_scenarios.timeline import Mark, MarkKind, Sample
from replication.ports import MonotonicMs, WallMs

if TYPE_CHECKING:
    from chaos.live_scenarios.stage import Stage

BEGAN_MS: Final = 1_000_000
TOOK_MS: Final = 10_000


async def _play(stage: Stage) -> None:
    stage.say("nothing happens")


def scenario(name: str = "a-quiet-day", plan: Plan | None = None) -> Scenario:
    """A scenario in which nothing happens."""
    return Scenario(
        name=name,
        story="Nothing <happens>.",
        promises=(1, 7),
        incident="A product that lost something.",
        play=_play,
        plan=plan or Plan(),
    )


def decided(
    at_ms: int,
    latency_us: int = 5_000,
    *,
    node: str = "oslo",
    operation: Operation = Operation.LOGIN,
    outcome: Outcome = Outcome.OK,
) -> Event:
    """A decision so many milliseconds after the story began."""
    return Event(
        operation=operation,
        node=node,
        wall_ms=WallMs(at_ms),
        monotonic_ms=MonotonicMs(BEGAN_MS + at_ms),
        latency_us=latency_us,
        outcome=outcome,
        reason="" if outcome is Outcome.OK else "credit.too_little",
    )


def result(
    *,
    events: tuple[Event, ...] = (),
    verdicts: tuple[Verdict, ...] | None = None,
    checks: tuple[Check, ...] = (Check(text="nobody waited", ok=True),),
    error: str = "",
) -> Result:
    """Ten seconds at one site, of which the WAN was cut from second 2 to second 5."""
    return Result(
        scenario=scenario(),
        took_ms=TOOK_MS,
        began_ms=BEGAN_MS,
        samples=tuple(_sample(at_ms) for at_ms in range(0, TOOK_MS, 250)),
        marks=(
            Mark(at_ms=2_000, kind=MarkKind.BEGAN, text="WAN cut", site="oslo"),
            Mark(at_ms=3_500, kind=MarkKind.SAID, text="it goes on", site="oslo"),
            Mark(at_ms=5_000, kind=MarkKind.ENDED, text="WAN cut", site="oslo"),
        ),
        history=History(records=events),
        verdicts=(kept(1), kept(7)) if verdicts is None else verdicts,
        checks=checks,
        error=error,
    )


def kept(promise: int) -> Verdict:
    """A promise that was kept."""
    return Verdict(
        promise=promise, checker="a_checker", validity=Validity.VALID, measured="all of it"
    )


def broken(promise: int, finding: str) -> Verdict:
    """A promise that was not."""
    return Verdict(
        promise=promise, checker="a_checker", validity=Validity.INVALID, findings=(finding,)
    )


def unknown(promise: int) -> Verdict:
    """A promise about which too little was seen."""
    return Verdict(promise=promise, checker="a_checker", validity=Validity.UNKNOWN)


def _sample(at_ms: int) -> Sample:
    is_cut = 3_000 <= at_ms < 5_500  # noqa: PLR2004 - noticed late, healed late
    return Sample(
        at_ms=at_ms,
        site="oslo",
        link="offline" if is_cut else "online",
        unsent=12 if is_cut else 0,
        lineage="one",
        txid=100 + (0 if is_cut else at_ms // 1_000),
        replica_age_ms=at_ms % 5_000,
    )
