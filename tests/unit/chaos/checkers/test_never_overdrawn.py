"""Promise 6: the checker sees money that was spent twice."""

from __future__ import annotations

from dataclasses import replace

from chaos.checkers.never_overdrawn import never_overdrawn
from chaos.checkers.verdict import Validity
from chaos.final_state import FinalState, SiteFound
from chaos.testing import (
    CLOSING_MICROS,
    COPIED,
    COPY_COST_MICROS,
    PRINTED,
    Story,
    chain,
)
from replication.entry_bodies import BalanceAdjusted, Body

ADA = "user:ada"


def with_lima(*bodies: Body, story: Story | None = None) -> FinalState:
    """The true story, and a second site that headquarters has not heard."""
    state = (story or Story()).state()
    lima = SiteFound(site_name="lima", balances={}, entries=chain("lima", bodies), jobs=())
    return replace(state, sites=(*state.sites, lima))


def test_a_payer_who_spent_less_than_they_had_is_well() -> None:
    verdict = never_overdrawn(Story().state(), [ADA])
    assert (verdict.promise, verdict.validity) == (6, Validity.VALID)


def test_all_of_it_may_be_spent_at_two_sites_together() -> None:
    rest = PRINTED.model_copy(update={"cost_micros": CLOSING_MICROS})
    assert never_overdrawn(with_lima(rest), [ADA]).kept


def test_the_same_credit_spent_at_a_site_that_is_still_cut_off_is_seen() -> None:
    too_much = PRINTED.model_copy(update={"cost_micros": CLOSING_MICROS + 1})
    verdict = never_overdrawn(with_lima(too_much), [ADA])
    assert verdict.validity is Validity.INVALID
    assert verdict.findings == ("user:ada: the sites spent 6000001 of a credit of 6000000",)


def test_credit_that_headquarters_took_away_is_no_credit() -> None:
    state = with_lima(PRINTED)
    taken = BalanceAdjusted(payer=ADA, amount_micros=-CLOSING_MICROS)
    entries = (*state.primary.entries, *chain("primary", (taken,), epoch=2))
    state = replace(state, primary=replace(state.primary, entries=entries))
    assert not never_overdrawn(state, [ADA]).kept


def test_an_account_is_judged_like_a_user() -> None:
    copied = COPIED.model_copy(update={"payer": "account:research"})
    verdict = never_overdrawn(with_lima(copied), ["account:research"])
    assert verdict.findings == (
        f"account:research: the sites spent {COPY_COST_MICROS} of a credit of 0",
    )


def test_where_nobody_spent_anything_nothing_is_proved() -> None:
    assert never_overdrawn(Story().state(), ["user:bob"]).validity is Validity.UNKNOWN
