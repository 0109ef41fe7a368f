"""Who pays for a job: its user, or a shared account.

The usual case, a user who is who they are and chooses nothing, is asked first and answered by the
user alone. The rest is what happens when somebody should have been asked and could not be.

A shared account is charged only if it exists, is enabled and open to the user. The offline account
is the exception to the last: whoever could not be asked did not choose it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from failure_modes.facts import AccountView, Payer, ReleaseFacts, UserView, View
from failure_modes.policy import Policy
from failure_modes.vocabulary import AccountSelection, Action, Micros, Reason, Unauthenticated

NOBODY: Final = UserView(user_name="", enabled=True, restricted=True, balance_micros=Micros(0))
"""Stands for the user of a job that belongs to nobody known, where filters ask who it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoPayer:
    """Nobody pays, so nothing is printed now; `rule` is the policy field that says so."""

    rule: str
    reason: Reason
    action: Action = Action.DENY


UNKNOWN: Final = NoPayer(rule="person", reason=Reason.UNKNOWN_USER)
DISABLED: Final = NoPayer(rule="person", reason=Reason.USER_DISABLED)
NOT_PROVEN: Final = NoPayer(rule="unauthenticated", reason=Reason.UNAUTHENTICATED)
FOR_MANAGER: Final = NoPayer(
    rule="unauthenticated", reason=Reason.HELD_FOR_MANAGER, action=Action.HOLD
)
NOT_CHOSEN: Final = NoPayer(rule="account_selection", reason=Reason.NO_ACCOUNT_CHOSEN)
TO_BE_CHOSEN: Final = NoPayer(
    rule="account_selection", reason=Reason.ACCOUNT_TO_BE_CHOSEN, action=Action.HOLD
)


def payer_of(job: ReleaseFacts, view: View, policy: Policy) -> Payer | NoPayer:
    """Return who pays for `job`, or why nobody does."""
    if not job.authenticated and not job.by_manager:
        unproven = _unproven(view, policy)
        if unproven is not None:
            return unproven
    user = view.user
    if user is None:
        return UNKNOWN
    if not user.enabled:
        return DISABLED
    if job.account_name is not None:
        return _chosen_account(view.accounts, job.account_name)
    return _unchosen(user, view, policy) if job.choose_account else user


def _unproven(view: View, policy: Policy) -> Payer | NoPayer | None:
    """Answer for a user whom nobody vouches for; None where the spool name is trusted."""
    match policy.unauthenticated:
        case Unauthenticated.CANCEL:
            return NOT_PROVEN
        case Unauthenticated.HOLD_FOR_MANAGER:
            return FOR_MANAGER
        case Unauthenticated.CHARGE_OFFLINE_ACCOUNT:
            return _offline_account(view.accounts, policy, "unauthenticated")
        case _:  # trust_spool_name
            return None


def _unchosen(user: UserView, view: View, policy: Policy) -> Payer | NoPayer:
    """Answer for a user who was to choose and did not."""
    match policy.account_selection:
        case AccountSelection.PERSONAL:
            return user
        case AccountSelection.SHARED:
            return _offline_account(view.accounts, policy, "account_selection")
        case AccountSelection.CANCEL:
            return NOT_CHOSEN
        case _:  # choose_at_device
            return TO_BE_CHOSEN


def _offline_account(
    accounts: Mapping[str, AccountView], policy: Policy, rule: str
) -> AccountView | NoPayer:
    account = accounts.get(policy.offline_account_name)
    if account is None:
        return NoPayer(rule=rule, reason=Reason.UNKNOWN_ACCOUNT)
    return account if account.enabled else NoPayer(rule=rule, reason=Reason.ACCOUNT_DISABLED)


def _chosen_account(accounts: Mapping[str, AccountView], name: str) -> AccountView | NoPayer:
    account = accounts.get(name)
    if account is None:
        return NoPayer(rule="account", reason=Reason.UNKNOWN_ACCOUNT)
    if not account.enabled:
        return NoPayer(rule="account", reason=Reason.ACCOUNT_DISABLED)
    if not account.open_to_user:
        return NoPayer(rule="account", reason=Reason.ACCOUNT_NOT_OPEN)
    return account
