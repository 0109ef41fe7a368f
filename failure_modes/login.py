"""Who may log in: cards and PINs by the replica, passwords as the policy says.

Whatever is compared in the replica is believed only while the replica is young enough: a card that
was revoked at headquarters is still good in an old one. A directory in the branch answers for now,
so its word has no age.

A password is looked at before the person: only who knows it hears whether there is such a user, or
whether they are switched off. A card speaks for itself, it names its owner.
"""

from failure_modes.facts import LoginFacts, PasswordCheck, UserView
from failure_modes.policy import Policy
from failure_modes.vocabulary import PasswordLogin, Reason


def login_refusal(
    facts: LoginFacts, user: UserView | None, policy: Policy, replica_age_ms: int
) -> tuple[str, Reason] | None:
    """Return the rule and the reason that keep somebody out, None when they may come in."""
    if facts.password is not None:
        reason = _password_refusal(facts.password, policy, replica_age_ms)
        return ("password_login", reason) if reason else _person_refusal(user)
    if not facts.card_known:
        return "person", Reason.UNKNOWN_CARD
    return _person_refusal(user) or _card_refusal(facts, policy, replica_age_ms)


def _person_refusal(user: UserView | None) -> tuple[str, Reason] | None:
    if user is None:
        return "person", Reason.UNKNOWN_USER
    return None if user.enabled else ("person", Reason.USER_DISABLED)


def _card_refusal(
    facts: LoginFacts, policy: Policy, replica_age_ms: int
) -> tuple[str, Reason] | None:
    if replica_age_ms > policy.credential_age_max_ms:
        return "credential_age_max_ms", Reason.CREDENTIALS_TOO_OLD
    if facts.pin_ok is None:
        return ("pin_needed", Reason.PIN_NEEDED) if policy.pin_needed else None
    return None if facts.pin_ok else ("person", Reason.WRONG_PIN)


def _password_refusal(password: PasswordCheck, policy: Policy, age_ms: int) -> Reason | None:
    if policy.password_login is PasswordLogin.DENY:
        return Reason.PASSWORD_LOGIN_OFF
    if policy.password_login is PasswordLogin.BRANCH_DIRECTORY:
        return _compared(password.directory_ok)
    if age_ms > policy.password_hash_age_max_ms:
        return Reason.CREDENTIALS_TOO_OLD
    return _compared(password.hash_ok)


def _compared(ok: bool | None) -> Reason | None:  # noqa: FBT001 - an answer, no switch
    if ok is None:
        return Reason.PASSWORD_NOT_CHECKED
    return None if ok else Reason.WRONG_PASSWORD
