"""What a night of simulations says of itself."""

from __future__ import annotations

from collections import Counter

from chaos.checkers.verdict import verdict
from chaos.seeds.fleet import Wanted
from chaos.seeds.plan import FAULT_KINDS
from chaos.seeds.story import Ended
from chaos.seeds.summary import Summary
from chaos.sim.coverage import PAIRS, Pair
from failure_modes.job_lifecycle import JobEvent, JobState

PRINTED_AGAIN = Pair("job", JobState.PRINTED, JobEvent.RELEASED)


def ended(
    *findings: str, steps: Counter[str] | None = None, stepped: Counter[Pair] | None = None
) -> Ended:
    return Ended(
        verdicts=(
            verdict(1, "money_conserved", list(findings), judged=24),
            verdict(7, "latency_unmoved", [], judged=0),
        ),
        simulated_s=36 * 3_600,
        steps=Counter(steps or {}),
        faults=0,
        stepped=Counter(stepped or {}),
        digest="",
    )


def summed(*stories: Ended) -> Summary:
    summary = Summary()
    for seed, story in enumerate(stories, 1):
        summary.add(Wanted(seed=seed, sites=2, hours=0.1), story)
    return summary


def test_it_says_how_much_was_simulated_done_and_judged() -> None:
    story = ended(steps=Counter(WanCut=3, Printing=7))
    said = "\n".join(summed(story, story).lines())
    assert "2 seeds: 0.008 simulated years (3.0 days), 6 faults, 48 checks: all ok" in said
    assert "6 WanCut" in said
    assert "14 Printing" in said
    assert "promise  1: money_conserved looked at 48 things in 2 seeds" in said


def test_a_broken_promise_comes_with_the_command_that_shows_it_again() -> None:
    said = "\n".join(summed(ended(), ended("it is gone")).lines())
    assert "1 of them broke a promise" in said
    assert "make sim SEED=2 SITES=2 HOURS=0.1" in said


def test_what_never_came_and_what_was_never_judged_is_named() -> None:
    summary = summed(ended(steps=Counter(dict.fromkeys(FAULT_KINDS, 1)) - Counter(WanCut=1)))
    assert summary.unreached == [
        "no fault WanCut",
        "promise 7 was never judged by latency_unmoved",
    ]


def test_steps_that_were_never_taken_are_listed_and_refused_ones_are_counted() -> None:
    taken = min(PAIRS)
    summary = summed(ended(stepped=Counter({taken: 5, PRINTED_AGAIN: 2})))
    assert len(summary.never_stepped) == len(PAIRS) - 1
    said = "\n".join(summary.lines())
    assert "steps of the job: 1 of" in said
    assert "steps that do not exist, tried and refused: 2" in said
