"""Credit: whether a user may spend so much."""

from dataclasses import dataclass
from typing import Final

from failure_modes.errors import check
from failure_modes.facts import UserView
from failure_modes.vocabulary import CreditPolicy, Micros, Reason

OFFERED: Final = frozenset({CreditPolicy.REPLICA_BALANCE, CreditPolicy.ALLOW_OVERDRAFT})
"""The policies that can be decided. The others need allowances, which sites do not have yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditVerdict:
    """The answer, and the reason that explains it."""

    allowed: bool
    reason: Reason


def may_spend(user: UserView, cost_micros: Micros, policy: CreditPolicy) -> CreditVerdict:
    """Return whether `user` may spend `cost_micros`.

    More credit never turns a yes into a no, nor does a lower cost. What is free is never
    refused, even to somebody in debt; an unrestricted user is never refused at all.
    """
    check(policy in OFFERED, f"credit policy '{policy}' is not offered")
    if not user.restricted:
        return CreditVerdict(allowed=True, reason=Reason.UNRESTRICTED_USER)
    if cost_micros <= max(user.balance_micros, 0):
        return CreditVerdict(allowed=True, reason=Reason.ENOUGH_CREDIT)
    if policy is CreditPolicy.ALLOW_OVERDRAFT:
        return CreditVerdict(allowed=True, reason=Reason.OVERDRAFT_ALLOWED)
    return CreditVerdict(allowed=False, reason=Reason.NOT_ENOUGH_CREDIT)
