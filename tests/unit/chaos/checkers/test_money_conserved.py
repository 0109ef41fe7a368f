"""Promise 1: the checker sees every way of losing or making money."""

from __future__ import annotations

from dataclasses import replace

from chaos.checkers.money_conserved import money_conserved
from chaos.checkers.verdict import Validity
from chaos.testing import CLOSING_MICROS, Story
from replication.ports import Micros


def test_a_true_story_conserves_money() -> None:
    assert money_conserved(Story().state()).validity is Validity.VALID


def test_unmerged_entries_count_as_money_on_its_way() -> None:
    story = Story(received=2, balance_micros=Micros(6_000_000), shown_micros=Micros(CLOSING_MICROS))
    assert money_conserved(story.state()).kept


def test_a_micro_missing_in_the_directory_is_seen() -> None:
    verdict = money_conserved(Story(balance_micros=Micros(CLOSING_MICROS - 1)).state())
    assert verdict.validity is Validity.INVALID
    assert "user:ada" in verdict.findings[0]


def test_a_charge_merged_twice_is_seen() -> None:
    assert not money_conserved(Story(balance_micros=Micros(CLOSING_MICROS - 300_000)).state()).kept


def test_a_site_that_shows_the_wrong_balance_is_seen() -> None:
    verdict = money_conserved(Story(shown_micros=Micros(CLOSING_MICROS + 5)).state())
    assert verdict.findings == (
        f"user:ada: oslo shows {CLOSING_MICROS + 5}, but it should show {CLOSING_MICROS}",
    )


def test_an_open_reservation_is_still_the_users_money() -> None:
    assert money_conserved(Story(reserved_micros=Micros(300_000)).state()).kept


def test_a_ledger_that_adds_up_to_something_else_is_seen() -> None:
    state = Story().state()
    primary = replace(state.primary, ledger_balances={"user:ada": Micros(CLOSING_MICROS + 1)})
    verdict = money_conserved(replace(state, primary=primary))
    assert "the ledger adds up to" in verdict.findings[0]


def test_a_payer_that_vanished_from_the_directory_is_seen() -> None:
    state = Story().state()
    primary = replace(state.primary, balances={}, ledger_balances={})
    assert not money_conserved(replace(state, primary=primary)).kept
