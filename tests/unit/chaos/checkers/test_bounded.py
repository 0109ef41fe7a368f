"""Promise 8: the checker sees what outgrew its bound, and refusals that are unclear or late."""

from __future__ import annotations

from dataclasses import replace

from chaos.checkers.bounded import UNANSWERED, bounded
from chaos.checkers.verdict import Validity
from chaos.final_state import JobFound
from chaos.history import Event, Gauge, History, Operation, Outcome
from chaos.testing import CREDIT_MICROS, JOB, SHA256, WALL_MS, Story, event, told
from replication.ports import MonotonicMs
from site_server.causes import Cause

NOTHING = Story(site_bodies=(), documents=())


def gauge(what: str, value: int, bound: int) -> Gauge:
    return Gauge(
        node="oslo",
        what=what,
        value=value,
        bound=bound,
        wall_ms=WALL_MS,
        monotonic_ms=MonotonicMs(0),
    )


def refused(reason: str, name: str = "other", sha256: str = "11" * 32) -> Event:
    said = event(Operation.PRINT, outcome=Outcome.REFUSED, job_name=name, sha256=sha256)
    return replace(said, reason=reason)


def adjusted(outcome: Outcome, request_id: str = "request-1") -> Event:
    said = event(
        Operation.ADJUST, outcome=outcome, request_id=request_id, amount_micros=CREDIT_MICROS
    )
    return replace(said, reason="" if outcome is Outcome.OK else Cause.DISK_FULL)


def test_what_stays_within_its_bounds_is_fine_and_a_bound_that_was_reached_is_told() -> None:
    history = History(
        records=(gauge("jobs", 7, 8), gauge("jobs", 8, 8), refused(Cause.TOO_MANY_JOBS))
    )
    verdict = bounded(history, Story().state())
    assert verdict.validity is Validity.VALID
    assert verdict.measured == "1 gauges, 1 refusals; at their bound: ['jobs']"


def test_without_gauges_and_refusals_nothing_is_proved() -> None:
    assert bounded(told(), NOTHING.state()).validity is Validity.UNKNOWN


def test_a_queue_that_outgrew_its_bound_is_seen_at_its_largest() -> None:
    records = (gauge("jobs", 9, 8), gauge("jobs", 12, 8), gauge("jobs", 3, 8))
    verdict = bounded(History(records=records), NOTHING.state())
    assert verdict.findings == ("jobs of oslo was 12, and may be 8",)


def test_a_document_that_was_left_in_the_spool_is_seen() -> None:
    history = History(records=(gauge("documents without a job", 1, 0),))
    assert not bounded(history, NOTHING.state()).kept


def test_a_refusal_without_a_stable_reason_is_seen() -> None:
    verdict = bounded(told(refused("Something went wrong.")), NOTHING.state())
    assert "without a stable reason" in verdict.findings[0]


def test_what_headquarters_says_to_strangers_is_not_for_this_checker() -> None:
    said = replace(event(Operation.ADD_USER, outcome=Outcome.REFUSED), reason="403")
    assert bounded(told(said), NOTHING.state()).validity is Validity.UNKNOWN


def test_a_site_that_does_not_run_refuses_nothing() -> None:
    assert bounded(told(refused(UNANSWERED)), NOTHING.state()).validity is Validity.UNKNOWN


def test_a_document_that_was_refused_and_accepted_all_the_same_is_seen() -> None:
    history = told(refused(Cause.DISK_FULL, "report", SHA256))
    (finding,) = bounded(history, Story().state()).findings
    assert "its journal accepted it and a printer printed it" in finding


def test_a_refused_document_that_its_site_shows_is_seen() -> None:
    jobs = (JobFound(job_uuid=JOB, job_name="other", state="held"),)
    history = told(refused(Cause.TOO_MANY_JOBS))
    (finding,) = bounded(history, Story(jobs=jobs).state()).findings
    assert finding.endswith("but a site shows it")


def test_money_that_moved_after_a_no_is_seen() -> None:
    verdict = bounded(told(adjusted(Outcome.REFUSED)), Story().state())
    assert "its money moved" in verdict.findings[0]


def test_a_no_and_then_a_yes_to_the_same_request_is_fine() -> None:
    history = told(adjusted(Outcome.REFUSED), adjusted(Outcome.OK))
    assert bounded(history, Story().state()).kept
    assert bounded(told(adjusted(Outcome.REFUSED, "another")), Story().state()).kept
