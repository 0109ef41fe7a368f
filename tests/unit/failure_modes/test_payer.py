"""Who pays."""

from dataclasses import replace

import pytest

from failure_modes.facts import AccountView, ReleaseFacts, UserView, View
from failure_modes.payer import NoPayer, payer_of
from failure_modes.policy import Policy, resolve
from failure_modes.vocabulary import Action, Layer, Micros, Reason
from tests.unit.failure_modes.builders import job, printer, user

OFFLINE = AccountView(account_name="Offline Account", balance_micros=Micros(0), open_to_user=False)
PROJECT = AccountView(account_name="Project", balance_micros=Micros(7))
UNPROVEN = replace(job(), authenticated=False)
VOUCHED_FOR = replace(UNPROVEN, by_manager=True)
UNDECIDED = replace(job(), choose_account=True)
DECIDED = replace(UNDECIDED, account_name="Project")


def policy(**fields: object) -> Policy:
    return resolve({Layer.SITE: fields})


def view(who: UserView | None, *accounts: AccountView) -> View:
    named = {account.account_name: account for account in accounts or (OFFLINE, PROJECT)}
    return View(user=who, printer=printer(), accounts=named)


def refusal(facts: ReleaseFacts, seen: View, rules: Policy) -> tuple[Action, Reason]:
    nobody = payer_of(facts, seen, rules)
    assert isinstance(nobody, NoPayer)
    return nobody.action, nobody.reason


@pytest.mark.parametrize("facts", [job(), VOUCHED_FOR])
def test_a_user_who_is_known_pays_for_themselves(facts: ReleaseFacts) -> None:
    assert payer_of(facts, view(user()), Policy()) == user()


@pytest.mark.parametrize("facts", [job(), VOUCHED_FOR, UNDECIDED, DECIDED])
def test_whoever_is_not_known_or_not_enabled_pays_for_nothing(facts: ReleaseFacts) -> None:
    assert refusal(facts, view(None), Policy()) == (Action.DENY, Reason.UNKNOWN_USER)
    assert refusal(facts, view(user(enabled=False)), Policy()) == (
        Action.DENY,
        Reason.USER_DISABLED,
    )


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("cancel", (Action.DENY, Reason.UNAUTHENTICATED)),
        ("hold_for_manager", (Action.HOLD, Reason.HELD_FOR_MANAGER)),
    ],
)
@pytest.mark.parametrize("who", [user(), None])
def test_a_job_that_nobody_vouches_for_waits_or_is_refused(
    choice: str, expected: tuple[Action, Reason], who: UserView | None
) -> None:
    assert refusal(UNPROVEN, view(who), policy(unauthenticated=choice)) == expected


@pytest.mark.parametrize("who", [user(), None, user(enabled=False)])
def test_a_job_that_nobody_vouches_for_can_go_to_the_offline_account(who: UserView | None) -> None:
    rules = policy(unauthenticated="charge_offline_account")

    assert payer_of(UNPROVEN, view(who), rules) == OFFLINE


def test_a_spool_name_that_is_trusted_is_a_user_like_any_other() -> None:
    rules = policy(unauthenticated="trust_spool_name")

    assert payer_of(UNPROVEN, view(user()), rules) == user()
    assert refusal(UNPROVEN, view(None), rules) == (Action.DENY, Reason.UNKNOWN_USER)


@pytest.mark.parametrize(
    ("choice", "payer"), [("personal", user()), ("shared", OFFLINE)], ids=["personal", "shared"]
)
def test_a_user_who_could_not_be_asked_pays_as_the_policy_says(
    choice: str, payer: UserView | AccountView
) -> None:
    assert payer_of(UNDECIDED, view(user()), policy(account_selection=choice)) == payer


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("cancel", (Action.DENY, Reason.NO_ACCOUNT_CHOSEN)),
        ("choose_at_device", (Action.HOLD, Reason.ACCOUNT_TO_BE_CHOSEN)),
    ],
)
def test_a_user_who_could_not_be_asked_may_be_refused_or_asked_at_the_device(
    choice: str, expected: tuple[Action, Reason]
) -> None:
    assert refusal(UNDECIDED, view(user()), policy(account_selection=choice)) == expected


@pytest.mark.parametrize("choice", ["personal", "shared", "cancel", "choose_at_device"])
def test_an_account_that_was_chosen_is_charged_whatever_the_policy(choice: str) -> None:
    assert payer_of(DECIDED, view(user()), policy(account_selection=choice)) == PROJECT


@pytest.mark.parametrize(
    ("project", "reason"),
    [
        (replace(PROJECT, account_name="Other"), Reason.UNKNOWN_ACCOUNT),
        (replace(PROJECT, enabled=False), Reason.ACCOUNT_DISABLED),
        (replace(PROJECT, open_to_user=False), Reason.ACCOUNT_NOT_OPEN),
    ],
)
def test_an_account_that_may_not_be_charged_is_refused(
    project: AccountView, reason: Reason
) -> None:
    assert refusal(DECIDED, view(user(), project), Policy()) == (Action.DENY, reason)


@pytest.mark.parametrize(
    ("account", "reason"),
    [(PROJECT, Reason.UNKNOWN_ACCOUNT), (replace(OFFLINE, enabled=False), Reason.ACCOUNT_DISABLED)],
)
def test_an_offline_account_that_is_not_there_or_off_charges_nobody_else(
    account: AccountView, reason: Reason
) -> None:
    assert refusal(UNDECIDED, view(user(), account), Policy()) == (Action.DENY, reason)


def test_the_offline_account_may_have_another_name() -> None:
    rules = policy(offline_account_name="Project")

    assert payer_of(UNDECIDED, view(user()), rules) == PROJECT
