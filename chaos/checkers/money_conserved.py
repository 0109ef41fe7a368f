"""Promise 1: balances plus unmerged entries are the opening plus credits minus debits.

The sum is made here, from the bodies of all entries of all nodes, and compared with three things
that were computed elsewhere: the directory's balances, the primary's own sums over its ledger, and
what each site shows its users.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.checkers.entries import beyond, every_entry, money_moved
from chaos.checkers.verdict import Verdict, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.final_state import FinalState, SiteFound

CHECKER: Final = "money_conserved"


def money_conserved(state: FinalState) -> Verdict:
    """Invalid where any balance anywhere is not what the entries add up to."""
    everything = every_entry(state)
    since = money_moved(beyond(everything, state.opening.watermarks))
    unmerged = money_moved(beyond(everything, state.primary.watermarks))
    payers = sorted({*state.opening.balances, *since, *state.primary.balances})
    findings = []
    for payer in payers:
        expected = state.opening.balances.get(payer, 0) + since[payer]
        held = state.primary.balances.get(payer, 0)
        if held + unmerged[payer] != expected:
            findings.append(
                f"{payer}: the directory has {held} and {unmerged[payer]} is unmerged, "
                f"but opening and entries make {expected}"
            )
        recomputed = state.primary.ledger_balances.get(payer, 0)
        if recomputed != held:
            findings.append(
                f"{payer}: the directory has {held}, the ledger adds up to {recomputed}"
            )
    for site in state.sites:
        findings.extend(_shown_wrongly(site, state))
    return verdict(
        1, CHECKER, findings, judged=len(payers), measured=f"{len(payers)} payers to the micro"
    )


def _shown_wrongly(site: SiteFound, state: FinalState) -> Iterator[str]:
    own_unmerged = money_moved(beyond(site.entries, state.primary.watermarks))
    for payer, shown in site.balances.items():
        expected = state.primary.balances.get(payer, 0) + own_unmerged[payer]
        seen = shown.effective_micros + shown.reserved_micros
        if seen != expected:
            yield f"{payer}: {site.site_name} shows {seen}, but it should show {expected}"
