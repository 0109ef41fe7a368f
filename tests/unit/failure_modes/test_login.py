"""Who may log in."""

import pytest

from failure_modes.facts import LoginFacts, PasswordCheck, UserView
from failure_modes.login import login_refusal
from failure_modes.policy import Policy, resolve
from failure_modes.vocabulary import Layer, Reason
from tests.unit.failure_modes.builders import user

CARD = LoginFacts(card_known=True)
AGES = {"credential_age_max_ms": 100, "password_hash_age_max_ms": 50}


def policy(where: str = "deny", *, pin_needed: bool = False) -> Policy:
    return resolve({Layer.SITE: {"password_login": where, "pin_needed": pin_needed, **AGES}})


def reason_of(
    facts: LoginFacts, who: UserView | None, rules: Policy, age_ms: int = 0
) -> Reason | None:
    refusal = login_refusal(facts, who, rules, age_ms)
    return refusal[1] if refusal else None


def by_password(*, directory_ok: bool | None = None, hash_ok: bool | None = None) -> LoginFacts:
    return LoginFacts(
        card_known=False, password=PasswordCheck(directory_ok=directory_ok, hash_ok=hash_ok)
    )


@pytest.mark.parametrize(
    ("facts", "age_ms", "reason"),
    [
        (CARD, 0, None),
        (CARD, 100, None),
        (CARD, 101, Reason.CREDENTIALS_TOO_OLD),
        (LoginFacts(card_known=True, pin_ok=True), 100, None),
        (LoginFacts(card_known=True, pin_ok=True), 101, Reason.CREDENTIALS_TOO_OLD),
        (LoginFacts(card_known=True, pin_ok=False), 0, Reason.WRONG_PIN),
        (LoginFacts(card_known=False, pin_ok=True), 0, Reason.UNKNOWN_CARD),
    ],
)
def test_cards_and_pins_are_believed_while_the_replica_is_young(
    facts: LoginFacts, age_ms: int, reason: Reason | None
) -> None:
    assert reason_of(facts, user(), policy(), age_ms) is reason


@pytest.mark.parametrize(
    ("pin_ok", "age_ms", "reason"),
    [
        (None, 0, Reason.PIN_NEEDED),
        (True, 0, None),
        (False, 0, Reason.WRONG_PIN),
        (None, 101, Reason.CREDENTIALS_TOO_OLD),
    ],
)
def test_where_a_pin_is_needed_a_card_alone_is_not_enough(
    pin_ok: bool | None, age_ms: int, reason: Reason | None
) -> None:
    facts = LoginFacts(card_known=True, pin_ok=pin_ok)

    assert reason_of(facts, user(), policy(pin_needed=True), age_ms) is reason


def test_a_password_needs_no_pin() -> None:
    rules = policy("replicated_hash", pin_needed=True)

    assert reason_of(by_password(hash_ok=True), user(), rules) is None


@pytest.mark.parametrize("who", [None, user(enabled=False)])
def test_without_the_right_password_nobody_hears_whether_there_is_such_a_user(
    who: UserView | None,
) -> None:
    wrong = by_password(directory_ok=False, hash_ok=False)

    assert reason_of(wrong, who, policy("replicated_hash")) is Reason.WRONG_PASSWORD
    assert reason_of(wrong, who, policy("branch_directory")) is Reason.WRONG_PASSWORD


@pytest.mark.parametrize("facts", [CARD, by_password(directory_ok=True, hash_ok=True)])
def test_whoever_is_not_known_or_not_enabled_stays_out(facts: LoginFacts) -> None:
    rules = policy("replicated_hash")

    assert reason_of(facts, None, rules) is Reason.UNKNOWN_USER
    assert reason_of(facts, user(enabled=False), rules) is Reason.USER_DISABLED


@pytest.mark.parametrize(
    ("password_login", "directory_ok", "hash_ok", "reason"),
    [
        ("deny", True, True, Reason.PASSWORD_LOGIN_OFF),
        ("branch_directory", True, False, None),
        ("branch_directory", False, True, Reason.WRONG_PASSWORD),
        ("branch_directory", None, True, Reason.PASSWORD_NOT_CHECKED),
        ("replicated_hash", False, True, None),
        ("replicated_hash", True, False, Reason.WRONG_PASSWORD),
        ("replicated_hash", True, None, Reason.PASSWORD_NOT_CHECKED),
    ],
)
def test_a_password_is_compared_where_the_policy_says_and_nowhere_else(
    password_login: str, directory_ok: bool | None, hash_ok: bool | None, reason: Reason | None
) -> None:
    facts = by_password(directory_ok=directory_ok, hash_ok=hash_ok)

    assert reason_of(facts, user(), policy(password_login)) is reason


@pytest.mark.parametrize(
    ("password_login", "age_ms", "reason"),
    [
        ("replicated_hash", 50, None),
        ("replicated_hash", 51, Reason.CREDENTIALS_TOO_OLD),
        ("branch_directory", 10**9, None),
    ],
)
def test_a_hash_grows_old_and_the_word_of_a_branch_directory_does_not(
    password_login: str, age_ms: int, reason: Reason | None
) -> None:
    facts = by_password(directory_ok=True, hash_ok=True)

    assert reason_of(facts, user(), policy(password_login), age_ms) is reason


def test_each_refusal_names_its_rule() -> None:
    old = login_refusal(CARD, user(), policy(), 101)
    off = login_refusal(by_password(), user(), policy(), 0)

    asked = login_refusal(CARD, user(), policy(pin_needed=True), 0)

    assert asked == ("pin_needed", Reason.PIN_NEEDED)
    assert old == ("credential_age_max_ms", Reason.CREDENTIALS_TOO_OLD)
    assert off == ("password_login", Reason.PASSWORD_LOGIN_OFF)
