"""Promise 6: under `strict`, the sum of what all sites spend never exceeds the credit.

The credit of a payer is the opening balance with all that headquarters added and took since. What
was spent is summed up from the bodies of all entries of all nodes, whether headquarters has them or
not. So this may be judged at any moment of a story, also in the middle of an outage.

Who is judged is said by whoever knows the rules of the story: restricted users and accounts for
whom `strict` held all the time. Two things may rightly end below zero and are not for this checker:
a debit by headquarters of more than was free then, and a copier that ran on after its limit.

After two disasters the promise is weaker, by as much as whoever knows the story says in
`beyond_credit`: a disk that was copied or put back lets out its allowances twice
(docs/operations/clones.md), and a restored headquarters has forgotten credit that it gave
(docs/operations/restore.md).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from chaos.checkers.entries import beyond, body_of, every_entry, money_moved
from chaos.checkers.verdict import Verdict, verdict
from replication.entry_bodies import BalanceAdjusted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from chaos.final_state import FinalState

CHECKER: Final = "never_overdrawn"
NOTHING: Final[Mapping[str, int]] = MappingProxyType({})


def never_overdrawn(
    state: FinalState, payers: Collection[str], beyond_credit: Mapping[str, int] = NOTHING
) -> Verdict:
    """Invalid where the sites together spent more of a payer's credit than there was."""
    since = list(beyond(every_entry(state), state.opening.watermarks))
    given = money_moved(each for each in since if isinstance(body_of(each), BalanceAdjusted))
    moved = money_moved(since)
    findings = []
    spenders = 0
    for payer in sorted(payers):
        credit = state.opening.balances.get(payer, 0) + given[payer]
        spent = given[payer] - moved[payer]
        spenders += spent > 0
        if spent > credit + beyond_credit.get(payer, 0):
            findings.append(f"{payer}: the sites spent {spent} of a credit of {credit}")
    return verdict(
        6,
        CHECKER,
        findings,
        judged=spenders,
        measured=f"{spenders} of {len(payers)} payers spent, none more than they had",
    )
