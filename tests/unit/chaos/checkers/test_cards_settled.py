"""Promise 9 for claimed cards: claims that differ, hang, vanish, open wrongly."""

from __future__ import annotations

from dataclasses import replace

from chaos.checkers.cards_settled import cards_settled
from chaos.checkers.verdict import Validity
from chaos.history import Event, FaultKind, Operation
from chaos.testing import event, fault, told
from replication.ports import WallMs
from replication.registers import CardClaim, ClaimState

CARD = "c0ffee"
CLAIMED = event(Operation.CLAIM, user_name="ada", card_hash=CARD)
CONFIRMED = CardClaim(
    card_hash=CARD,
    site_name="oslo",
    user_name="ada",
    claimed_wall_ms=WallMs(1),
    state=ClaimState.CONFIRMED,
)
OWNERS = {CARD: "ada"}


def everywhere(*claims: CardClaim) -> dict[str, tuple[CardClaim, ...]]:
    return {"headquarters": claims, "oslo": claims}


def came(user_name: str) -> Event:
    return event(Operation.LOGIN, at_ms=2_000, user_name=user_name, card_hash=CARD)


def test_a_card_that_was_confirmed_is_its_claimers() -> None:
    verdict = cards_settled(told(CLAIMED, came("ada")), everywhere(CONFIRMED), OWNERS)
    assert (verdict.promise, verdict.validity) == (9, Validity.VALID)


def test_a_claim_that_is_done_with_need_not_be_in_the_registers() -> None:
    assert cards_settled(told(CLAIMED), everywhere(), OWNERS).kept


def test_no_claims_prove_nothing() -> None:
    assert cards_settled(told(), everywhere(), {}).validity is Validity.UNKNOWN


def test_two_nodes_that_say_different_things_are_seen() -> None:
    claims = {"headquarters": (CONFIRMED,), "oslo": ()}
    assert not cards_settled(told(CLAIMED), claims, OWNERS).kept


def test_a_claim_that_nobody_answers_is_seen() -> None:
    open_one = replace(CONFIRMED, state=ClaimState.CLAIMED)
    assert not cards_settled(told(CLAIMED), everywhere(open_one), OWNERS).kept


def test_a_confirmed_card_that_the_directory_does_not_know_is_seen() -> None:
    assert not cards_settled(told(CLAIMED), everywhere(CONFIRMED), {}).kept


def test_a_claim_that_vanished_is_seen() -> None:
    verdict = cards_settled(told(CLAIMED), everywhere(), {})
    assert verdict.findings == ("oslo took a card of ada, and nobody knows of it",)


def test_a_refused_claim_has_not_vanished() -> None:
    refused = replace(CONFIRMED, state=ClaimState.REFUSED)
    assert cards_settled(told(CLAIMED), everywhere(refused), {}).kept


def test_a_restored_headquarters_may_have_forgotten_the_card() -> None:
    forgot = replace(fault(FaultKind.RESTORED, at_ms=3_000), what="500 3000")
    assert cards_settled(told(CLAIMED, forgot), everywhere(), {}).kept


def test_a_card_that_lets_somebody_else_in_is_seen() -> None:
    verdict = cards_settled(told(CLAIMED, came("eve")), everywhere(CONFIRMED), OWNERS)
    assert verdict.findings == ("oslo let eve in with a card that is not theirs",)
