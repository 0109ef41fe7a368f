"""Who pays, from the question to the journal: the user, or a shared account.

A decision names users and accounts; money is kept by payer, in the one spelling of
`replication.entry_bodies`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from failure_modes.vocabulary import AccountSelection, Unauthenticated
from replication.entry_bodies import account_payer, user_payer

if TYPE_CHECKING:
    from failure_modes.decision import Decision, Reservation
    from failure_modes.policy import Policy
    from site_server.store.jobs import Job

ACCOUNT: Final = account_payer("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Who wants paper to come out and who is to pay for it, as far as anybody said."""

    account_name: str | None = None
    """The shared account that was chosen,"""
    personal: bool = False
    """or that the user chose to pay."""
    is_proven: bool = True
    """Whether the user has proved to be the one who sent the job."""
    manager_name: str | None = None
    """The manager who lets a job go that is somebody else's, or that waits for a manager."""

    def is_to_choose(self, policy: Policy) -> bool:
        """Whether somebody is to choose who pays and has not. A manager may, and need not."""
        chosen = self.personal or self.account_name is not None or self.manager_name is not None
        return policy.ask_for_account and not chosen

    def chooser(self, user_name: str) -> str:
        """Whoever chose the account, to whom it must be open; `user_name` sent the job."""
        return self.manager_name or user_name

    def chosen_payer(self, user_name: str) -> str:
        """Who was chosen to pay, '' where nobody chose."""
        if self.account_name is not None:
            return account_payer(self.account_name)
        return user_payer(user_name) if self.personal else ""


THE_USER: Final = Charge()


def charge_again(job: Job) -> Charge:
    """What was said when somebody last let this job go, for another attempt without them."""
    payer = job.chosen_payer
    return Charge(
        account_name=payer.removeprefix(ACCOUNT) if payer.startswith(ACCOUNT) else None,
        personal=payer == user_payer(job.user_name),
        is_proven=job.is_proven,
    )


def accounts_asked(charge: Charge, policy: Policy) -> frozenset[str]:
    """The shared accounts that a decision may ask for, at any step of the policy."""
    names = set() if charge.account_name is None else {charge.account_name}
    is_to_choose = charge.is_to_choose(policy)
    is_unproven = not charge.is_proven and charge.manager_name is None
    if is_to_choose or is_unproven:
        names |= {
            each.offline_account_name
            for each in (policy, *(stage.policy for stage in policy.escalation))
            if (is_to_choose and each.account_selection is AccountSelection.SHARED)
            or (is_unproven and each.unauthenticated is Unauthenticated.CHARGE_OFFLINE_ACCOUNT)
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
