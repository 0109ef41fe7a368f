"""Credit: whether somebody may spend so much.

Which money counts is the policy's matter, and each answer is a plain comparison:

* `strict`: this site's allowance, a share of the balance that no other site may spend. It is the
  only policy under which two sites that cannot talk never overdraw, and the only one for which the
  link makes no difference at all.
* `replica_balance`: the balance as this site knows it.
* `offline_ceiling`: the same, and while the site is cut off no more than a ceiling per payer and
  outage: it bounds what a second site could spend from the same balance meanwhile.
* `allow_overdraft`: nothing is refused, debts are recorded.
"""

from dataclasses import dataclass
from typing import Final

from failure_modes.facts import Payer
from failure_modes.vocabulary import CreditPolicy, Micros, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditVerdict:
    """The answer, and the reason that explains it."""

    allowed: bool
    reason: Reason


UNRESTRICTED: Final = CreditVerdict(allowed=True, reason=Reason.UNRESTRICTED_USER)
ENOUGH: Final = CreditVerdict(allowed=True, reason=Reason.ENOUGH_CREDIT)
OVERDRAFT: Final = CreditVerdict(allowed=True, reason=Reason.OVERDRAFT_ALLOWED)
TOO_LITTLE: Final = CreditVerdict(allowed=False, reason=Reason.NOT_ENOUGH_CREDIT)
ALLOWANCE_SPENT: Final = CreditVerdict(allowed=False, reason=Reason.ALLOWANCE_SPENT)
CEILING_REACHED: Final = CreditVerdict(allowed=False, reason=Reason.CEILING_REACHED)


def may_spend(
    payer: Payer,
    cost_micros: Micros,
    policy: CreditPolicy,
    *,
    ceiling_micros: Micros | None = None,
) -> CreditVerdict:
    """Return whether `payer` may spend `cost_micros`.

    `ceiling_micros` is the offline ceiling while the site is cut off, and None while it is not.
    More credit never turns a yes into a no, nor does a lower cost. What is free is never
    refused, even to somebody in debt; an unrestricted payer is never refused at all.
    """
    if not payer.restricted:
        return UNRESTRICTED
    if policy is CreditPolicy.STRICT:
        return ENOUGH if cost_micros <= max(payer.allowance_micros, 0) else ALLOWANCE_SPENT
    if cost_micros > max(payer.balance_micros, 0):
        return OVERDRAFT if policy is CreditPolicy.ALLOW_OVERDRAFT else TOO_LITTLE
    if policy is CreditPolicy.OFFLINE_CEILING and ceiling_micros is not None:
        left_micros = ceiling_micros - payer.offline_spent_micros
        return ENOUGH if cost_micros <= max(left_micros, 0) else CEILING_REACHED
    return ENOUGH
