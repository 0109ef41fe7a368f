"""The functions matrix, enforced: what it refuses, `decide` refuses, and nothing else for it."""

import pytest

from failure_modes.facts import (
    WITHOUT_PAPER,
    CopyFacts,
    Facts,
    FunctionFacts,
    LoginFacts,
    PasswordCheck,
    ReleaseFacts,
    SubmitFacts,
)
from failure_modes.functions import MATRIX
from failure_modes.policy import Policy
from failure_modes.pricing import PageCount
from failure_modes.vocabulary import (
    Action,
    Function,
    HoldMode,
    LinkState,
    Offer,
    PasswordLogin,
    ProviderMode,
    Reason,
)
from tests.unit.failure_modes.builders import ask, blind_view, job, user, view

PAGES = PageCount(mono=1, colour=0)
NOT_OFFERED = {Reason.FUNCTION_NOT_OFFERED, Reason.NO_REPLICA}
ALL_ON = Policy(password_login=PasswordLogin.BRANCH_DIRECTORY, card_self_registration=True)

ASKED: dict[Function, Facts] = {
    Function.PRINT: SubmitFacts(hold_mode=HoldMode.NONE, job=job()),
    Function.HOLD: SubmitFacts(hold_mode=HoldMode.USER, job=job()),
    Function.RELEASE: job(),
    Function.RELEASE_FOR_OTHERS: ReleaseFacts(pages=PAGES, by_manager=True),
    Function.RELEASE_FROM_OTHER_SITE: ReleaseFacts(pages=PAGES, from_other_site=True),
    Function.CARD_LOGIN: LoginFacts(card_known=True),
    Function.PIN_LOGIN: LoginFacts(card_known=True, pin_ok=True),
    Function.PASSWORD_LOGIN: LoginFacts(
        card_known=False, password=PasswordCheck(directory_ok=True)
    ),
    Function.COPY: CopyFacts(pages=1, colour=False),
    **{function: FunctionFacts(function=function) for function in WITHOUT_PAPER},
}
CELLS = [(*cell, offer) for cell, offer in MATRIX.items()]


def test_every_row_of_the_matrix_has_a_question() -> None:
    assert set(ASKED) == set(Function)


@pytest.mark.parametrize(("function", "link", "has_replica", "offer"), CELLS)
def test_a_cell_of_the_matrix_is_what_decide_answers(
    function: Function, link: LinkState, has_replica: bool, offer: Offer
) -> None:
    seen = view() if has_replica else blind_view(ProviderMode.PRINT_AND_LOG_LATER, user())

    decision = ask(ASKED[function], seen, link=link, policy=ALL_ON)

    if offer is Offer.NO:
        assert decision.action is Action.DENY
        assert set(decision.reasons) <= NOT_OFFERED
    else:
        assert decision.action is not Action.DENY
        assert not NOT_OFFERED & set(decision.reasons)


@pytest.mark.parametrize("mode", ProviderMode)
@pytest.mark.parametrize("function", [Function.PRINT, Function.RELEASE])
def test_where_the_matrix_names_the_mode_the_mode_answers(
    function: Function, mode: ProviderMode
) -> None:
    decision = ask(ASKED[function], blind_view(mode, user(restricted=False)))

    assert decision.action in {
        Action.PRINT_UNLOGGED,
        Action.PRINT_AND_LOG_LATER,
        Action.HOLD,
    }
    assert "provider_mode" in {step.rule for step in decision.trace}
