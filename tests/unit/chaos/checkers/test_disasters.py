"""Disasters in a history, and how much weaker each checker is after them: not more than it must."""

from __future__ import annotations

from dataclasses import replace

from chaos.checkers.acknowledged_survives import acknowledged_survives
from chaos.checkers.disasters import CALM, disasters_of
from chaos.checkers.exactly_once import exactly_once
from chaos.checkers.never_overdrawn import never_overdrawn
from chaos.checkers.released_once import released_once
from chaos.history import Fault, FaultKind, History, Operation
from chaos.testing import (
    ACCEPTED,
    CLOSING_MICROS,
    COPIED,
    DOCUMENT,
    HEARD,
    JOB,
    PRINTED,
    RELEASED,
    Story,
    event,
    fault,
    told,
)


def put_back(*, as_of_ms: int, seq: int, at_ms: int = 5_000) -> tuple[Fault, Fault]:
    """The disk of oslo is what it was, and joins again."""
    parted = replace(fault(FaultKind.ROLLED_BACK, at_ms=at_ms), what=f"{as_of_ms} 1 {seq}")
    return parted, replace(fault(FaultKind.ONE_AGAIN, at_ms=6_000), what="2")


def heard_and(*faults: Fault) -> History:
    return History(records=(*HEARD.records, *faults))


def printed_again() -> Story:
    """A job that came out, and was charged, in both pasts."""
    bodies = (ACCEPTED, RELEASED, PRINTED, COPIED, RELEASED, PRINTED)
    return Story(site_bodies=bodies, documents=(DOCUMENT, replace(DOCUMENT, printer_job_id=2)))


def test_a_calm_history_has_none() -> None:
    assert disasters_of(HEARD) == CALM


def test_a_site_that_was_never_made_one_again_excuses_nothing() -> None:
    assert disasters_of(told(put_back(as_of_ms=1, seq=1)[0])).two_pasts == ()


def test_a_job_that_was_open_when_the_pasts_parted_may_end_in_both() -> None:
    history = heard_and(*put_back(as_of_ms=1_500, seq=1))
    state = printed_again().state()
    assert disasters_of(history).open_when_parted(state.primary.entries) >= {JOB}
    assert exactly_once(state, disasters_of(history)).kept
    assert released_once(history, state).kept


def test_a_job_that_was_over_by_then_may_not() -> None:
    history = heard_and(*put_back(as_of_ms=1_500, seq=3))
    state = printed_again().state()
    assert not exactly_once(state, disasters_of(history)).kept
    assert not released_once(history, state).kept


def test_what_the_lost_end_of_a_disk_had_answered_may_be_gone() -> None:
    late = event(Operation.RELEASE, at_ms=4_000, job_uuid="another")
    history = History(records=(*HEARD.records, late, *put_back(as_of_ms=3_000, seq=4)))
    assert acknowledged_survives(history, Story().state()).kept


def test_what_was_answered_before_it_or_after_it_may_not() -> None:
    for at_ms in (2_000, 7_000):
        other = event(Operation.RELEASE, at_ms=at_ms, job_uuid="another")
        history = History(records=(*HEARD.records, other, *put_back(as_of_ms=3_000, seq=4)))
        assert not acknowledged_survives(history, Story().state()).kept


def test_a_copied_disk_loses_nothing_that_was_answered() -> None:
    cloned, one = put_back(as_of_ms=3_000, seq=4)
    late = event(Operation.RELEASE, at_ms=4_000, job_uuid="another")
    cloned = replace(cloned, kind=FaultKind.CLONED)
    history = History(records=(*HEARD.records, late, cloned, one))
    assert not acknowledged_survives(history, Story().state()).kept


def test_a_ledger_that_was_set_back_may_lack_what_headquarters_alone_did() -> None:
    at_primary = replace(
        event(Operation.ADJUST, at_ms=4_000, request_id="lost", amount_micros=1), node="primary"
    )
    back = replace(fault(FaultKind.LEDGER_SET_BACK, at_ms=6_000), node="primary", what="3000 5000")
    history = History(records=(*HEARD.records, at_primary, back))
    assert acknowledged_survives(history, Story().state()).kept
    at_oslo = event(Operation.RELEASE, at_ms=4_000, job_uuid="another")
    history = History(records=(*history.records, at_oslo))
    assert not acknowledged_survives(history, Story().state()).kept


def test_an_allowance_that_was_held_twice_excuses_so_much_and_no_more() -> None:
    dear = COPIED.model_copy(update={"cost_micros": COPIED.cost_micros + CLOSING_MICROS + 10})
    state = Story(site_bodies=(ACCEPTED, RELEASED, PRINTED, dear)).state()
    assert never_overdrawn(state, ["user:ada"], {"user:ada": 10}).kept
    assert not never_overdrawn(state, ["user:ada"], {"user:ada": 9}).kept
