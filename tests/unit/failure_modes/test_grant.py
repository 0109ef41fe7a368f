"""Functions that let no paper out."""

import pytest

from failure_modes.errors import BrokenInvariantError
from failure_modes.facts import WITHOUT_PAPER, FunctionFacts, View
from failure_modes.functions import MATRIX
from failure_modes.policy import Policy, resolve
from failure_modes.vocabulary import Action, Function, Layer, LinkState, Offer, Reason, WallMs
from tests.unit.failure_modes.builders import NOW_MS, ask, printer, user, view

SHOW = FunctionFacts(function=Function.SHOW_BALANCE)
CLAIM = FunctionFacts(function=Function.CLAIM_CARD)
OPEN = resolve({Layer.SITE: {"card_self_registration": True}})


@pytest.mark.parametrize("link", LinkState)
@pytest.mark.parametrize("function", sorted(WITHOUT_PAPER))
def test_the_reason_says_how_firm_the_cell_of_the_matrix_is(
    function: Function, link: LinkState
) -> None:
    decision = ask(FunctionFacts(function=function), link=link, policy=OPEN)

    expected = {
        Offer.NO: (Action.DENY, Reason.FUNCTION_NOT_OFFERED),
        Offer.PROVISIONAL: (Action.ALLOW, Reason.PROVISIONAL_HERE),
    }
    cell = MATRIX[function, link, True]
    answer = (decision.action, decision.reasons[0])
    assert answer == expected.get(cell, (Action.ALLOW, Reason.FUNCTION_OFFERED))
    assert decision.trace[-1].rule == "functions"


def test_who_is_not_known_or_switched_off_gets_nothing() -> None:
    nobody = ask(SHOW, View(user=None, printer=printer()))
    disabled = ask(SHOW, view(user(enabled=False)))

    assert (nobody.action, nobody.reasons) == (Action.DENY, (Reason.UNKNOWN_USER,))
    assert (disabled.action, disabled.reasons) == (Action.DENY, (Reason.USER_DISABLED,))


def test_nobody_registers_a_card_unless_the_policy_says_so() -> None:
    off, on = ask(CLAIM), ask(CLAIM, policy=OPEN)

    assert (off.action, off.reasons) == (Action.DENY, (Reason.CARD_CLAIMS_OFF,))
    assert (on.action, on.reasons) == (Action.ALLOW, (Reason.FUNCTION_OFFERED,))
    assert Policy().card_self_registration is False


def test_whoever_is_cut_off_for_too_long_is_stopped_by_the_gate() -> None:
    seen = View(user=user(), printer=printer(), offline_since_ms=WallMs(NOW_MS - 1_000))
    policy = Policy(offline_warn_ms=10, offline_stop_ms=1_000)

    decision = ask(SHOW, seen, link=LinkState.OFFLINE, policy=policy)

    assert (decision.action, decision.reasons) == (Action.DENY, (Reason.OFFLINE_TOO_LONG,))


def test_a_function_with_a_question_of_its_own_asks_that_one() -> None:
    with pytest.raises(BrokenInvariantError):
        FunctionFacts(function=Function.RELEASE)
