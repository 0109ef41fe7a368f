"""Promise 3: the checker sees a "yes" that left nothing behind."""

from __future__ import annotations

from chaos.checkers.acknowledged_survives import acknowledged_survives
from chaos.checkers.verdict import Validity
from chaos.history import Operation, Outcome
from chaos.testing import ACCEPTED, HEARD, JOB, RELEASED, SHA256, Story, event, told


def test_all_that_was_acknowledged_in_a_true_story_survives() -> None:
    verdict = acknowledged_survives(HEARD, Story().state())
    assert verdict.validity is Validity.VALID
    assert verdict.measured == "4 acknowledged operations in the ledger"


def test_without_any_acknowledgement_nothing_is_proved() -> None:
    assert acknowledged_survives(told(), Story().state()).validity is Validity.UNKNOWN


def test_an_accepted_job_that_vanished_is_seen() -> None:
    history = told(event(Operation.PRINT, job_name="other", sha256=SHA256))
    verdict = acknowledged_survives(history, Story().state())
    assert verdict.validity is Validity.INVALID
    assert "other" in verdict.findings[0]


def test_a_document_stored_with_other_bytes_is_seen() -> None:
    history = told(event(Operation.PRINT, job_name="report", sha256="00" * 32))
    assert not acknowledged_survives(history, Story().state()).kept


def test_a_copy_session_booked_at_another_price_is_seen() -> None:
    history = told(event(Operation.COPY_FINISH, copy_uuid="other", cost_micros=1))
    assert not acknowledged_survives(history, Story().state()).kept


def test_a_lost_adjustment_is_seen() -> None:
    history = told(event(Operation.ADJUST, request_id="request-2", amount_micros=5))
    assert not acknowledged_survives(history, Story().state()).kept


def test_a_lost_deletion_is_seen() -> None:
    history = told(event(Operation.DELETE, job_uuid=JOB))
    assert not acknowledged_survives(history, Story().state()).kept


def test_a_refused_or_unanswered_operation_promises_nothing() -> None:
    history = told(
        event(Operation.RELEASE, outcome=Outcome.REFUSED, job_uuid="x"),
        event(Operation.RELEASE, outcome=Outcome.UNKNOWN, job_uuid="y"),
        event(Operation.RELEASE, job_uuid=JOB),
    )
    assert acknowledged_survives(history, Story().state()).kept


def test_an_entry_that_stayed_behind_at_its_site_is_seen() -> None:
    story = Story(site_bodies=(ACCEPTED, RELEASED), received=1)
    verdict = acknowledged_survives(told(), story.state())
    assert verdict.findings == ("oslo, epoch 1: 1 entries from 2 on did not reach the ledger",)
