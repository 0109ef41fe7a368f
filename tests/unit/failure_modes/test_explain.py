"""Why a decision is what it is, and what would have changed it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failure_modes.catalogue import CATALOGUE
from failure_modes.changes import Question, variants
from failure_modes.decide import decide
from failure_modes.explain import answer, explain
from failure_modes.facts import (
    AccountView,
    CopyFacts,
    Facts,
    LateFacts,
    LoginFacts,
    PasswordCheck,
    SubmitFacts,
    View,
)
from failure_modes.policy import FIELDS, Policy, resolve
from failure_modes.vocabulary import (
    Action,
    HoldMode,
    Layer,
    LinkState,
    Micros,
    Reason,
    WallMs,
)
from tests.unit.failure_modes.builders import NOW_MS, UNCOUNTED, job, printer, user, view

HOUR_MS = 3_600_000
ACCOUNT = AccountView(account_name="Project", balance_micros=Micros(0))
RULES = resolve(
    {
        Layer.SITE: {
            "filters": [{"kind": "copies_max", "limit": 2}],
            "conversions": [{"kind": "force_mono"}],
            "opening_hours": [{"days": ["mon"], "from": "08:00", "to": "12:00"}],
            "escalation": [{"after_ms": HOUR_MS, "rules": {"credit": "strict"}}],
        }
    }
)
SEEN = replace(
    view(),
    accounts={"Project": ACCOUNT},
    offline_since_ms=WallMs(NOW_MS - 2 * HOUR_MS),
    replica_ms=WallMs(NOW_MS - 2 * HOUR_MS),
    local_minute=600,
)
QUESTIONS: list[Facts] = [
    LoginFacts(card_known=True),
    LoginFacts(card_known=False, password=PasswordCheck(hash_ok=True)),
    CopyFacts(pages=2, colour=True),
    SubmitFacts(hold_mode=HoldMode.USER, job=job()),
    SubmitFacts(hold_mode=HoldMode.NONE, job=job(colour=1)),
    LateFacts(job=job(), printed_ms=WallMs(NOW_MS - 200 * 24 * HOUR_MS)),
    job(colour=3, copies=3),
    UNCOUNTED,
]


def question(
    facts: Facts,
    seen: View = SEEN,
    link: LinkState = LinkState.ONLINE,
    policy: Policy = RULES,
) -> Question:
    return Question(facts=facts, view=seen, link=link, policy=policy, now_ms=NOW_MS)


def changes_of(asked: Question) -> dict[str, Action]:
    return {change.what: change.decision.action for change in explain(asked).changes}


def test_a_refusal_for_lack_of_credit_says_what_would_have_helped() -> None:
    asked = question(job(), replace(view(user(100)), accounts={}), policy=Policy())

    assert changes_of(asked) == {
        "user restricted: False": Action.ALLOW,
        "balance of at least 150000 micros": Action.ALLOW,
        "replica: False": Action.PRINT_AND_LOG_LATER,
        "credit allow_overdraft": Action.ALLOW,
    }


def test_a_refusal_by_a_filter_names_the_filter() -> None:
    found = changes_of(question(job(copies=3)))

    assert found["no filter copies_max"] is Action.ALLOW
    assert found["one copy"] is Action.ALLOW


def test_a_rule_of_an_escalation_step_can_be_what_refuses() -> None:
    found = changes_of(question(job(), link=LinkState.OFFLINE))

    assert found["credit replica_balance"] is Action.ALLOW
    assert found["link online"] is Action.ALLOW
    assert found["outage that begins now"] is Action.ALLOW
    assert found["no escalation"] is Action.ALLOW
    assert found["allowance of at least 150000 micros"] is Action.ALLOW


def test_what_is_allowed_says_what_would_have_stopped_it() -> None:
    found = changes_of(question(job()))

    assert found["balance of only 149999 micros"] is Action.DENY
    assert found["user enabled: False"] is Action.DENY
    assert found["pages_max 1 impressions"] is Action.DENY


@pytest.mark.parametrize("facts", QUESTIONS)
@pytest.mark.parametrize("link", LinkState)
@pytest.mark.parametrize("seen", [SEEN, View(user=None, printer=printer())])
def test_law_an_explanation_recomputes_its_decisions(
    facts: Facts, link: LinkState, seen: View
) -> None:
    asked = question(facts, seen, link)

    explanation = explain(asked)

    assert explanation.decision == decide(facts, seen, link, RULES, NOW_MS)
    assert explanation.decision == answer(explanation.question)
    for change in explanation.changes:
        assert answer(change.question) == change.decision
        assert change.decision.action is not explanation.decision.action


@given(facts=st.sampled_from(QUESTIONS), link=st.sampled_from(LinkState))
def test_law_a_variant_differs_in_one_part_of_the_question(facts: Facts, link: LinkState) -> None:
    asked = question(facts, link=link)

    for variant in variants(asked, answer(asked)):
        other = variant.question
        parts = [
            other.facts != asked.facts,
            other.view != asked.view,
            other.link is not asked.link,
            other.policy != asked.policy,
        ]
        assert sum(parts) <= 1, variant.what
        assert other.now_ms == asked.now_ms


def test_no_two_variants_of_a_question_have_the_same_name() -> None:
    for facts in QUESTIONS:
        asked = question(facts)
        names = [variant.what for variant in variants(asked, answer(asked))]
        assert len(set(names)) == len(names)


def test_every_scalar_field_of_a_policy_is_varied() -> None:
    asked = question(job())
    names = {variant.what.partition(" ")[0] for variant in variants(asked, answer(asked))}

    names_of_things = {"offline_account_name", "manager_group"}
    listed = {"version", "opening_hours", "filters", "conversions", "escalation"}
    at_devices = {"device_offline"}  # what a device does that can ask nobody
    assert set(FIELDS) - listed - names_of_things - at_devices <= names


def test_the_text_of_an_explanation_names_reasons_rules_layers_and_changes() -> None:
    asked = question(job(mono=1, colour=2, copies=3))

    lines = list(explain(asked).lines("EUR"))

    assert lines[0] == "deny: No more than 2 copies are allowed. Ask for fewer."
    assert "Cost: 0.45 EUR" in lines
    assert any(line.startswith("Reason too_many_copies: ") for line in lines)
    assert any(line.startswith("Rule filters, set by site: too_many_copies (") for line in lines)
    assert "With no filter copies_max: allow (Paid from credit)" in lines


def test_the_text_says_who_is_charged_and_what_the_operator_should_know() -> None:
    long = replace(view(), offline_since_ms=WallMs(NOW_MS - 8 * 24 * HOUR_MS))
    shared = AccountView(account_name="Offline Account", balance_micros=Micros(10**6))
    seen = replace(long, accounts={"Offline Account": shared})
    asked = question(replace(job(), choose_account=True), seen, LinkState.OFFLINE, policy=Policy())

    lines = list(explain(asked).lines("EUR"))

    assert "Charged to: Offline Account" in lines
    advice = CATALOGUE[Reason.OFFLINE_FOR_LONG].advice
    assert f"Reason offline_for_long: {advice}" in lines


def test_the_text_of_a_login_speaks_of_no_money() -> None:
    lines = list(explain(question(LoginFacts(card_known=True))).lines("EUR"))

    assert lines[0] == "allow: Welcome."
    assert not any(line.startswith(("Cost", "Charged")) for line in lines)
