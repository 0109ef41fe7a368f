"""Who may log in: cards and PINs by the replica, passwords as the policy says.

Whatever is compared in the replica is believed only while the replica is young enough: a card that
was revoked at headquarters is still good in an old one. A directory in the branch answers for now,
so its word has no age.
"""

from failure_modes.facts import LoginFacts, PasswordCheck, UserView
from failure_modes.policy import Policy
from failure_modes.vocabulary import PasswordLogin, Reason


def login_refusal(
    facts: LoginFacts, user: UserView | None, policy: Policy, replica_age_ms: int
) -> tuple[str, Reason] | None:
    """Return the rule and the reason that keep somebody out, None when they may come in."""
    if facts.password is None and not facts.card_known:
        return "person", Reason.UNKNOWN_CARD
    if user is None:
        return "person", Reason.UNKNOWN_USER
    if not user.enabled:
        return "person", Reason.USER_DISABLED
    if facts.password is not None:
        reason = _password_refusal(facts.password, policy, replica_age_ms)
        return ("password_login", reason) if reason else None
    if replica_age_ms > policy.credential_age_max_ms:
        return "credential_age_max_ms", Reason.CREDENTIALS_TOO_OLD
    return ("person", Reason.WRONG_PIN) if facts.pin_ok is False else None


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
