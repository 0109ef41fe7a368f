"""Questions that differ in a single thing."""

from dataclasses import replace

import pytest

from failure_modes.changes import Question, variants
from failure_modes.explain import answer
from failure_modes.facts import (
    CopyFacts,
    Facts,
    FunctionFacts,
    LateFacts,
    LoginFacts,
    PasswordCheck,
    SubmitFacts,
    View,
)
from failure_modes.policy import Policy
from failure_modes.vocabulary import Function, HoldMode, LinkState, WallMs
from tests.unit.failure_modes.builders import NOW_MS, job, printer, view


def names(facts: Facts, seen: View | None = None) -> set[str]:
    asked = Question(
        facts=facts,
        view=seen or view(),
        link=LinkState.ONLINE,
        policy=Policy(),
        now_ms=NOW_MS,
    )
    return {variant.what for variant in variants(asked, answer(asked))}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (LoginFacts(card_known=True), {"card known: False", "right PIN", "wrong PIN"}),
        (
            LoginFacts(card_known=False, password=PasswordCheck()),
            {"password that is right everywhere", "card instead of a password"},
        ),
        (
            SubmitFacts(hold_mode=HoldMode.USER, job=job()),
            {"hold mode none", "hold mode manager", "one copy"},
        ),
        (SubmitFacts(hold_mode=HoldMode.NONE, job=job()), {"hold mode user", "in black"}),
        (job(), {"by a manager: True", "authenticated: False", "two-sided"}),
        (CopyFacts(pages=1, colour=True), {"in black", "two-sided"}),
        (
            FunctionFacts(function=Function.CLAIM_CARD),
            {"add_credit instead", "card_self_registration true"},
        ),
        (LateFacts(job=job(), printed_ms=NOW_MS), {"printed at this moment"}),
    ],
)
def test_each_kind_of_question_is_varied_in_its_own_things(
    facts: Facts, expected: set[str]
) -> None:
    assert expected <= names(facts)


def test_every_other_state_of_the_link_is_tried() -> None:
    tried = {name for name in names(job()) if name.startswith("link ")}

    assert tried == {f"link {link}" for link in LinkState if link is not LinkState.ONLINE}


def test_what_a_node_does_not_know_is_not_varied() -> None:
    unknown = names(job(), View(user=None, printer=printer()))
    known = names(
        job(), replace(view(), replica_ms=WallMs(NOW_MS), offline_since_ms=WallMs(NOW_MS))
    )

    about_it = {"replica of this moment", "outage that begins now", "user enabled: False"}
    assert not about_it & unknown
    assert about_it <= known
