"""Promise 7: the checker sees a decision that waited for the WAN."""

from __future__ import annotations

from chaos.checkers.latency_unmoved import latencies, latency_unmoved
from chaos.checkers.verdict import Validity
from chaos.history import Event, Fault, FaultKind, Operation, Outcome
from chaos.testing import event, fault, told

CUT = fault(FaultKind.WAN_CUT, at_ms=10_000)
HEALED = fault(FaultKind.WAN_HEALED, at_ms=20_000)


def series(operation: Operation, at_ms: int, *latencies_us: int) -> list[Event | Fault]:
    return [
        event(operation, at_ms=at_ms + 100 * place, latency_us=latency_us)
        for place, latency_us in enumerate(latencies_us)
    ]


def test_the_same_latency_on_both_sides_is_valid() -> None:
    verdict = latency_unmoved(
        told(
            *series(Operation.LOGIN, 1_000, 4_000, 5_000, 6_000),
            CUT,
            *series(Operation.LOGIN, 11_000, 5_000, 5_500, 6_500),
        )
    )
    assert verdict.validity is Validity.VALID
    assert verdict.measured == "cut/up ratio of medians at most 1.10"


def test_a_median_of_another_order_is_seen() -> None:
    verdict = latency_unmoved(
        told(
            *series(Operation.RELEASE, 1_000, 12_000, 12_000, 12_000),
            CUT,
            *series(Operation.RELEASE, 11_000, 40_000, 40_000, 40_000),
        )
    )
    assert verdict.validity is Validity.INVALID
    assert verdict.findings == (
        "release: median 40.0 ms while cut, 12.0 ms up; 36.0 ms is the same order",
    )


def test_the_noise_of_a_few_milliseconds_is_no_finding() -> None:
    verdict = latency_unmoved(
        told(
            *series(Operation.LIST, 1_000, 900, 1_000, 1_100),
            CUT,
            *series(Operation.LIST, 11_000, 20_000, 20_000, 20_000),
        )
    )
    assert verdict.kept


def test_one_stall_among_fast_answers_is_seen() -> None:
    verdict = latency_unmoved(
        told(
            *series(Operation.LOGIN, 1_000, 4_000, 4_000, 4_000),
            CUT,
            *series(Operation.LOGIN, 11_000, 4_000, 4_000, 4_000, 5_000_000),
        )
    )
    assert verdict.findings == ("login at oslo took 5000 ms while cut",)


def test_a_decision_without_an_answer_while_cut_is_seen() -> None:
    verdict = latency_unmoved(
        told(CUT, event(Operation.LOGIN, at_ms=11_000, outcome=Outcome.UNKNOWN))
    )
    assert verdict.validity is Validity.INVALID


def test_too_few_samples_prove_nothing() -> None:
    verdict = latency_unmoved(
        told(
            *series(Operation.LOGIN, 1_000, 4_000, 4_000),
            CUT,
            *series(Operation.LOGIN, 11_000, 4_000, 4_000),
        )
    )
    assert verdict.validity is Validity.UNKNOWN


def test_a_refusal_is_a_decision_of_its_own() -> None:
    refused = event(Operation.RELEASE, at_ms=1_000, outcome=Outcome.REFUSED)
    by_name = {one.decision: one for one in latencies(told(refused))}
    assert by_name["release refused"].up_us == (4_000,)
    assert by_name["release"].up_us == ()


def test_what_begins_before_the_cut_and_ends_in_it_counts_as_cut() -> None:
    overlapping = event(Operation.LOGIN, at_ms=9_999, latency_us=4_000)
    after = event(Operation.LOGIN, at_ms=20_001)
    found = latencies(told(overlapping, CUT, HEALED, after))
    (login,) = [one for one in found if one.decision == "login"]
    assert (len(login.cut_us), len(login.up_us)) == (1, 1)


def test_a_server_that_was_dead_is_not_blamed_for_its_silence() -> None:
    killed = fault(FaultKind.KILLED, at_ms=12_000)
    started = fault(FaultKind.STARTED, at_ms=14_000)
    unanswered = event(Operation.LOGIN, at_ms=13_000, latency_us=500, outcome=Outcome.UNKNOWN)
    under_way = event(Operation.LOGIN, at_ms=11_900, latency_us=200_000, outcome=Outcome.UNKNOWN)
    rows = (
        *series(Operation.LOGIN, 1_000, 4_000, 4_000, 4_000),
        CUT,
        *series(Operation.LOGIN, 11_000, 4_000, 4_000, 4_000),
    )
    assert latency_unmoved(told(*rows, under_way, killed, unanswered, started)).kept
    assert not latency_unmoved(told(*rows, under_way, unanswered)).kept
