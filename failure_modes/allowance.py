"""Allowances: how one balance is shared out among sites that may be cut off at any moment.

Theory of operation. Two sites that cannot talk must not both spend the same credit. So headquarters
gives each site a share of a payer's balance that nobody else may spend, the *grant*, and under
`strict` a site spends out of its grant and out of nothing else. This is escrow, a bounded counter:

* What headquarters has not granted is *free*; it grants only out of that. Hence the grants of a
  payer together never exceed the balance, at headquarters and after every transaction there.
* A grant is a row of the directory. When an entry of a site takes effect there, its debit lowers
  balance, that site's grant and what is left of it, in the transaction that moves the watermark. So
  the site's own sum is the same as that of the balance:

      usable = grant in the replica + own entries beyond its watermark - own open reservations

  A replica that is late or was set back may know of fewer grants and never of more: grants shrink
  by the site's own entries only, and those the site knows.
* A site gives back what it does not need by an entry of its journal. So giving back is exact in the
  same sense: it counts at the site at once and at headquarters once, and can be neither lost nor
  doubled.

Nothing else ever lowers a grant, except an administrator who writes a lost site off. There is no
expiry. What a silent site has spent is unknown until its journal is heard, so a grant could not be
taken back before that, however old it is; and a site that is heard can give it back itself.

What a debit takes beyond the site's grant (another credit policy, a copier that ran on, a debit by
headquarters itself) comes out of what is free. Where that is too little, more is granted than there
is: `over_granted_micros`. A site spends no more than the balance that it knows of, and gives back
first of all what is granted too much; only a site that is cut off then can still spend what no
longer exists, and no more of it than that.

Rejected: one counter for all sites with locks or consensus, which needs the WAN for every page.
"""

from dataclasses import dataclass
from typing import Final

from failure_modes.policy import Policy
from failure_modes.vocabulary import CreditPolicy, Micros

PARTS_FIRST: Final = 4
"""Without a history a site keeps a quarter at hand of what is free to it,"""
PARTS_MOST: Final = 2
"""and with the busiest one a half: a second site still finds the other half."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantFacts:
    """A payer's money as one directory has it, and what one site asks for.

    `want_micros` is how high the site's grant must stand for what is at hand there. It counts what
    the site used up and the directory does not contain yet. It is a level and no addition, so
    asking twice changes nothing. `usual_micros` is what the payer spends there in a usual month.
    """

    balance_micros: Micros
    granted_here_micros: Micros
    granted_everywhere_micros: Micros
    want_micros: Micros
    usual_micros: Micros


def free_micros(balance_micros: int, granted_everywhere_micros: int) -> Micros:
    """Return what is granted to no site; nothing where the balance is a debt."""
    return Micros(max(balance_micros - granted_everywhere_micros, 0))


def over_granted_micros(balance_micros: int, granted_everywhere_micros: int) -> Micros:
    """Return what sites may spend that does not exist; nothing unless a debit went past them."""
    return Micros(max(granted_everywhere_micros - max(balance_micros, 0), 0))


def more_micros(facts: GrantFacts) -> Micros:
    """Return by how much the site's grant is to grow now.

    What is needed is given as far as it is free. Beyond that the site gets a stock, for outages
    begin without a warning, but only once less than half of that stock is left: most asks then
    change no row, and nothing has to be replicated.
    """
    free = free_micros(facts.balance_micros, facts.granted_everywhere_micros)
    short = min(max(facts.want_micros - facts.granted_here_micros, 0), free)
    spare = max(facts.granted_here_micros - facts.want_micros, 0)
    reach = spare + free - short
    stock = min(max(facts.usual_micros, reach // PARTS_FIRST), reach // PARTS_MOST)
    top_up = stock - spare if 2 * spare < stock else 0
    return Micros(short + top_up)


def may_be_strict(policy: Policy) -> bool:
    """Return whether this policy asks for allowances, now or at some step of an outage."""
    return policy.credit is CreditPolicy.STRICT or any(
        stage.policy.credit is CreditPolicy.STRICT for stage in policy.escalation
    )
