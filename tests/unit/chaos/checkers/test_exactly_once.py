"""Promise 2: the checker sees holes, repetitions, other pasts, and facts booked twice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chaos.checkers.exactly_once import exactly_once
from chaos.checkers.verdict import Validity
from chaos.testing import ACCEPTED, COPIED, COUNTED, PRINTED, RELEASED, Story, chain, watermarks

if TYPE_CHECKING:
    from chaos.final_state import FinalState
    from replication.journal import Entry


def with_ledger(state: FinalState, entries: tuple[Entry, ...]) -> FinalState:
    return replace(
        state, primary=replace(state.primary, entries=entries, watermarks=watermarks(entries))
    )


def test_a_true_story_takes_effect_exactly_once() -> None:
    verdict = exactly_once(Story().state())
    assert verdict.validity is Validity.VALID
    assert verdict.measured == "7 entries in order"


def test_an_empty_ledger_proves_nothing() -> None:
    state = with_ledger(Story(site_bodies=()).state(), ())
    assert exactly_once(state).validity is Validity.UNKNOWN


def test_a_hole_in_the_ledger_is_seen() -> None:
    state = Story().state()
    entries = state.primary.entries
    verdict = exactly_once(with_ledger(state, entries[:3] + entries[4:]))
    assert "oslo, epoch 1: entry 3 does not follow entry 1" in verdict.findings


def test_a_repeated_entry_is_seen() -> None:
    state = Story().state()
    entries = state.primary.entries
    assert not exactly_once(with_ledger(state, (*entries, entries[-1]))).kept


def test_an_entry_changed_after_the_fact_is_seen() -> None:
    state = Story().state()
    *before, last = state.primary.entries
    changed = replace(last, body=last.body.replace("200000", "100000"))
    assert not exactly_once(with_ledger(state, (*before, changed))).kept


def test_a_watermark_behind_the_ledger_is_seen() -> None:
    state = Story().state()
    primary = replace(state.primary, watermarks=watermarks(state.primary.entries[:-1]))
    verdict = exactly_once(replace(state, primary=primary))
    assert verdict.findings == ("oslo, epoch 1: the watermark is at 4, the ledger at 5",)


def test_a_ledger_without_a_watermark_is_seen() -> None:
    state = Story().state()
    verdict = exactly_once(replace(state, primary=replace(state.primary, watermarks=())))
    assert "oslo, epoch 1: 5 entries in the ledger and no watermark" in verdict.findings


def test_a_site_with_another_past_than_the_ledger_is_seen() -> None:
    state = Story().state()
    other = chain("oslo", (ACCEPTED, COUNTED, RELEASED, COPIED))
    site = replace(state.sites[0], entries=other)
    verdict = exactly_once(replace(state, sites=(site,)))
    assert verdict.findings == ("oslo: entry 4 is another one in the ledger",)


def test_a_journal_with_a_hole_is_seen() -> None:
    state = Story().state()
    entries = state.sites[0].entries
    site = replace(state.sites[0], entries=(entries[0], entries[2]))
    assert not exactly_once(replace(state, sites=(site,))).kept


def test_a_pruned_journal_need_not_begin_at_one() -> None:
    state = Story().state()
    site = replace(state.sites[0], entries=state.sites[0].entries[2:])
    assert exactly_once(replace(state, sites=(site,))).kept


def test_a_job_charged_by_two_entries_is_seen() -> None:
    story = Story(site_bodies=(ACCEPTED, RELEASED, PRINTED, PRINTED, COPIED))
    verdict = exactly_once(story.state())
    assert [text for text in verdict.findings if "booked 2 times" in text]
