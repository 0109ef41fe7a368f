"""The end of a scenario: the tables, the checkers' verdicts, and whether all is well."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Final

from chaos.checkers.acknowledged_survives import acknowledged_survives
from chaos.checkers.entries import journals
from chaos.checkers.exactly_once import exactly_once
from chaos.checkers.history_consistent import history_consistent
from chaos.checkers.latency_unmoved import latencies, latency_unmoved
from chaos.checkers.money_conserved import money_conserved
from chaos.checkers.released_once import lost, printed_twice, released_once
from chaos.directory_log import steps_of_arrivals
from chaos.scenarios.narration import milliseconds, money

if TYPE_CHECKING:
    from chaos.checkers.verdict import Verdict
    from chaos.final_state import FinalState
    from chaos.history import History
    from chaos.scenarios.narration import Narrator

PROMISES: Final = {
    1: "money conserved",
    2: "every entry exactly once",
    3: "acknowledged survives",
    4: "released once, none lost",
    5: "what clients saw explained",
    7: "no decision waits for the WAN",
}


def judge(history: History, state: FinalState) -> tuple[Verdict, ...]:
    """The verdicts on all promises that have a checker."""
    return (
        money_conserved(state),
        exactly_once(state),
        acknowledged_survives(history, state),
        released_once(history, state),
        history_consistent(history, state, steps_of_arrivals(state.opening, state.primary.entries)),
        latency_unmoved(history),
    )


def close_the_books(tell: Narrator, history: History, state: FinalState) -> bool:
    """Print the closing tables and the verdicts; whether every promise was kept."""
    _balance_table(tell, state)
    _entry_table(tell, state)
    verdicts = judge(history, state)
    tell.line()
    for verdict in verdicts:
        _say_verdict(tell, verdict)
    lost_jobs, twice = lost(history, state), printed_twice(state)
    tell.line()
    tell.say("money conserved:", "yes" if verdicts[0].kept else "no")
    tell.say("lost:", len(lost_jobs))
    tell.say("printed twice:", len(twice))
    return all(verdict.kept for verdict in verdicts)


def _say_verdict(tell: Narrator, verdict: Verdict) -> None:
    tell.say(
        f"{verdict.promise}. {PROMISES[verdict.promise]}",
        f"{verdict.validity:<8} {verdict.measured}",
    )
    for finding in verdict.findings:
        tell.line(f"         ! {finding}")


def latency_table(tell: Narrator, history: History) -> None:
    """Print each decision's median with the WAN up beside its median while cut."""
    tell.line()
    tell.line("      Decisions at the sites, median (samples)")
    rows = [
        (
            one.decision.replace("_", " "),
            f"{milliseconds(median(one.up_us))} ({len(one.up_us)})",
            f"{milliseconds(median(one.cut_us))} ({len(one.cut_us)})",
            f"{median(one.cut_us) / median(one.up_us):.2f}",
        )
        for one in latencies(history)
        if one.judged
    ]
    tell.table(("decision", "WAN up", "WAN cut", "cut/up"), rows)


def _balance_table(tell: Narrator, state: FinalState) -> None:
    tell.line()
    tell.line("      Balances")
    names = tuple(site.site_name for site in state.sites)
    rows = []
    for payer, micros in sorted(state.primary.balances.items()):
        # A site shows what a person may spend; what an account has, only to who may choose it.
        shown = [site.balances.get(payer) for site in state.sites]
        recomputed = state.primary.ledger_balances.get(payer, 0)
        rows.append(
            (
                payer.partition(":")[2],
                money(micros),
                *("-" if one is None else money(one.effective_micros) for one in shown),
                money(recomputed),
            )
        )
    tell.table(("payer", "primary", *names, "from the ledger"), rows)


def _entry_table(tell: Narrator, state: FinalState) -> None:
    tell.line()
    tell.line("      Journals")
    received = journals(state.primary.entries)
    at_site = journals(entry for site in state.sites for entry in site.entries)
    rows = []
    for mark in sorted(state.primary.watermarks, key=lambda mark: mark.key):
        own = len(at_site[mark.key]) if mark.key in at_site else "-"
        rows.append(
            (
                f"{mark.site_name}, epoch {mark.epoch}",
                own,
                len(received.get(mark.key, [])),
                mark.seq,
            )
        )
    tell.table(("journal", "at the site", "in the ledger", "watermark"), rows)
