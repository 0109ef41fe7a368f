"""The functions matrix: what works in which state of the link, with a replica and without.

Theory of operation. There are only three situations, and every state of the link is one of them:

* *up* (online, recovering): the primary answers, so even what is its own matter works.
* *cut* (degraded, offline, drill, forced_offline): the site decides by itself, from its replica.
* *alone*: a node without a replica that nobody answers. Such a node asks the primary first and then
  its site server, and decides by what it is told and by the row of whoever answered. Only if nobody
  does, this column counts, and no state of a link changes it.

So cutting the WAN takes away only what belongs to headquarters: adding credit, changing the
directory, and jobs whose bytes lie on another site's spool. A drill takes away the same: what a
rehearsal would leave working, nobody would have rehearsed.

Rejected: a column for each state, each filled by hand. Six columns that have to agree in groups
are a table in which somebody forgets one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from failure_modes.link_table import UP
from failure_modes.vocabulary import Function, LinkState, Offer


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionRow:
    """One function of the matrix."""

    function: Function
    title: str
    up: Offer
    cut: Offer
    alone: Offer
    remark: str = ""

    def offer(self, link_state: LinkState, *, has_replica: bool) -> Offer:
        """Return the cell of this row."""
        if not has_replica:
            return self.alone
        return self.up if link_state in UP else self.cut


ROWS: Final = (
    FunctionRow(
        function=Function.PRINT,
        title="Print at once",
        up=Offer.YES,
        cut=Offer.YES,
        alone=Offer.BY_MODE,
        remark="Alone, the printer's failure mode says whether it prints, and whether it is noted.",
    ),
    FunctionRow(
        function=Function.HOLD,
        title="Send a job to wait for its release",
        up=Offer.YES,
        cut=Offer.YES,
        alone=Offer.YES,
        remark="The spool of the node that accepted a job needs nobody.",
    ),
    FunctionRow(
        function=Function.RELEASE,
        title="Release an own job",
        up=Offer.YES,
        cut=Offer.YES,
        alone=Offer.BY_MODE,
    ),
    FunctionRow(
        function=Function.RELEASE_FOR_OTHERS,
        title="Release other people's jobs as a manager",
        up=Offer.YES,
        cut=Offer.YES,
        alone=Offer.NO,
        remark="Who is a manager stands in the replica.",
    ),
    FunctionRow(
        function=Function.RELEASE_FROM_OTHER_SITE,
        title="Release a job that another site holds",
        up=Offer.YES,
        cut=Offer.NO,
        alone=Offer.NO,
        remark="Its bytes lie on the other site's spool, and only that site lets it go. The rule "
        "stands; the servers do not offer it yet.",
    ),
    FunctionRow(
        function=Function.CARD_LOGIN,
        title="Log in with a card",
        up=Offer.YES,
        cut=Offer.YES,
        alone=Offer.NO,
        remark="A device that is alone may have an offline mode of its own.",
    ),
    FunctionRow(
        function=Function.PIN_LOGIN,
        title="Log in with a card and a PIN",
        up=Offer.YES,
        cut=Offer.YES,
        alone=Offer.NO,
    ),
    FunctionRow(
        function=Function.PASSWORD_LOGIN,
        title="Log in with a password",
        up=Offer.BY_POLICY,
        cut=Offer.BY_POLICY,
        alone=Offer.NO,
        remark="The policy says who may check it while the site is cut off.",
    ),
    FunctionRow(
        function=Function.COPY,
        title="Copy",
        up=Offer.YES,
        cut=Offer.YES,
        alone=Offer.NO,
        remark="A device that is alone may have an offline mode of its own.",
    ),
    FunctionRow(
        function=Function.SHOW_BALANCE,
        title="See the own balance",
        up=Offer.YES,
        cut=Offer.YES,
        alone=Offer.NO,
        remark="While cut off, without what was spent or added elsewhere since.",
    ),
    FunctionRow(
        function=Function.CHOOSE_ACCOUNT,
        title="Choose the account at the device",
        up=Offer.YES,
        cut=Offer.YES,
        alone=Offer.NO,
        remark="Who pays for a job whose user did not choose is the policy's matter.",
    ),
    FunctionRow(
        function=Function.CHANGE_JOB_SETTINGS,
        title="Change copies, sides or colour of a held job",
        up=Offer.YES,
        cut=Offer.YES,
        alone=Offer.NO,
        remark="The changed job is decided anew, filters and price included.",
    ),
    FunctionRow(
        function=Function.CLAIM_CARD,
        title="Register an own card",
        up=Offer.BY_POLICY,
        cut=Offer.PROVISIONAL,
        alone=Offer.NO,
        remark="Only where card_self_registration allows it. While cut off the card counts at this "
        "site only, until the primary confirms it.",
    ),
    FunctionRow(
        function=Function.ADD_CREDIT,
        title="Add credit",
        up=Offer.YES,
        cut=Offer.NO,
        alone=Offer.NO,
        remark="Done at the primary, and nowhere else: no site offers it.",
    ),
    FunctionRow(
        function=Function.ADMINISTER,
        title="Change users, printers, prices or policies",
        up=Offer.YES,
        cut=Offer.NO,
        alone=Offer.NO,
        remark="Done at the primary, and nowhere else: no site writes the directory.",
    ),
)

MATRIX: Final[Mapping[tuple[Function, LinkState, bool], Offer]] = {
    (row.function, link_state, has_replica): row.offer(link_state, has_replica=has_replica)
    for row in ROWS
    for link_state in LinkState
    for has_replica in (True, False)
}

OFFERED: Final = frozenset(cell for cell, offer in MATRIX.items() if offer is not Offer.NO)


def is_offered(function: Function, link_state: LinkState, has_replica: bool) -> bool:  # noqa: FBT001 - read as a cell of the table: function, state, replica
    """Return whether a function works at all; a policy or a mode may still refuse it."""
    return (function, link_state, has_replica) in OFFERED
