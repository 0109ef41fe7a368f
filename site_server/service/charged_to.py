"""Who pays, from the question to the journal: the user, or a shared account.

A decision names users and accounts; money is kept by payer, in the one spelling of
`replication.entry_bodies`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from failure_modes.vocabulary import AccountSelection
from replication.entry_bodies import account_payer, user_payer

if TYPE_CHECKING:
    from failure_modes.decision import Decision, Reservation
    from failure_modes.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Who is to pay, as the person at the panel said."""

    choose_account: bool = False
    """Whether they are to choose an account,"""
    account_name: str | None = None
    """and which one they chose."""


THE_USER: Final = Charge()


def accounts_asked(charge: Charge, policy: Policy) -> frozenset[str]:
    """The shared accounts that a decision may ask for, at any step of the policy."""
    names = set() if charge.account_name is None else {charge.account_name}
    if charge.choose_account:
        policies = (policy, *(stage.policy for stage in policy.escalation))
        names |= {
            each.offline_account_name
            for each in policies
            if each.account_selection is AccountSelection.SHARED
        }
    return frozenset(names)


def charged_payer(decision: Decision, user_name: str) -> str:
    """Who pays for what is let out; `user_name`, who asked, where the decision names nobody."""
    if decision.charge_account is not None:
        return account_payer(decision.charge_account)
    return user_payer(decision.charge_to or user_name)


def reserved_payer(reservation: Reservation) -> str:
    """Whose credit is set aside."""
    if reservation.account_name is not None:
        return account_payer(reservation.account_name)
    return user_payer(reservation.user_name)
