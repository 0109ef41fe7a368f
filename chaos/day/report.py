"""One page that a person reads after the day: verdict, picture, latencies, books, promises."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from chaos.day.graph import draw
from chaos.day.outcome import PANEL_CALLS
from chaos.day.timetable import OUTAGES, clock
from chaos.scenarios.closing import PROMISES
from chaos.scenarios.narration import money

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chaos.day.outcome import DayOutcome

STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; color: #24292f; background: #f4f6f8; margin: 0; }
main { max-width: 1100px; margin: 0 auto; padding: 24px; }
svg { width: 100%; height: auto; border-radius: 8px; box-shadow: 0 1px 3px #0002; }
table { border-collapse: collapse; background: #fff; margin: 8px 0 24px; }
td, th { padding: 4px 14px; border-bottom: 1px solid #e4e8ec; text-align: right; }
td:first-child, th:first-child { text-align: left; }
.yes { color: #1a7f37; } .no { color: #b3261e; }
.verdict { font-size: 20px; font-weight: 600; }
"""


def page(outcome: DayOutcome) -> str:
    """The page, in one file."""
    plan = outcome.plan
    calls = [call for _, call in outcome.calls]
    picture = draw(plan, calls, outcome.gauges.looks, outcome.outages)
    told = (
        f"{plan.sites} branches, {plan.people:,} people, {plan.visits:,} visits, ten hours in "
        f"{plan.seconds:g} seconds, seed {plan.seed}. Three outages: "
        + "; ".join(f"{o.reach}, {clock(o.begin)} to {clock(o.end)}" for o in OUTAGES)
        + ". Real servers, real lines, real printers."
    )
    parts = (
        f"<h1>A day at a company</h1><p>{escape(told)}</p>{_verdict(outcome)}{picture}",
        f"<h2>Did anybody wait?</h2>{_latencies(outcome)}",
        f"<h2>The books</h2>{_books(outcome)}",
        f"<h2>The promises</h2>{_promises(outcome)}",
    )
    return (
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>A day at a company</title>"
        f"<style>{STYLE}</style><main>{''.join(parts)}</main></html>\n"
    )


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The value below which so many of an ordered list lie."""
    return ordered[min(len(ordered) - 1, round(percent / 100 * (len(ordered) - 1)))]


def latency_rows(outcome: DayOutcome) -> list[tuple[str, ...]]:
    """Each operation, with a line and without."""
    rows = []
    for operation in PANEL_CALLS:
        for is_cut, word in ((False, "with a line"), (True, "cut off")):
            ordered = outcome.latencies_ms(operation, is_cut=is_cut)
            if ordered:
                figures = (percentile(ordered, 50), percentile(ordered, 99), ordered[-1])
                rows.append(
                    (
                        operation.value.replace("_", " "),
                        word,
                        f"{len(ordered):,}",
                        *(f"{ms:.1f} ms" for ms in figures),
                    )
                )
    return rows


def _verdict(outcome: DayOutcome) -> str:
    kind = "yes" if outcome.is_well else "no"
    served = outcome.plan.visits - len(outcome.unserved)
    return (
        f"<p class='verdict {kind}'>{served:,} of {outcome.plan.visits:,} visits served; the books "
        f"{'agree to the micro' if outcome.books.are_right else 'DO NOT AGREE'}; promises kept: "
        f"{sum(v.kept for v in outcome.verdicts)} of {len(outcome.verdicts)}.</p>"
    ) + _list(outcome.unserved)


def _latencies(outcome: DayOutcome) -> str:
    head = ("call", "its site", "calls", "median", "p99", "longest")
    return _table(head, latency_rows(outcome))


def _books(outcome: DayOutcome) -> str:
    books = outcome.books
    rows = [
        (line.node, f"{line.entries:,}", money(line.credits_micros), money(line.debits_micros))
        for line in books.lines
    ]
    head = ("node", "entries", "credits", "debits")
    sums = (
        ("opening balances", money(books.opening_micros)),
        ("with all credits and debits", money(books.expected_micros)),
        ("balances in the directory", money(books.closing_micros)),
        ("balances from the ledger", money(books.ledger_micros)),
    )
    return _table(("in all", "EUR"), sums) + _table(head, rows)


def _promises(outcome: DayOutcome) -> str:
    rows = [
        (f"{v.promise}. {PROMISES[v.promise]}", str(v.validity), v.measured)
        for v in outcome.verdicts
    ]
    findings = [finding for verdict in outcome.verdicts for finding in verdict.findings]
    return _table(("promise", "verdict", "measured"), rows) + _list(findings)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    def row(cells: Sequence[str], tag: str) -> str:
        return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"

    return f"<table>{row(head, 'th')}{''.join(row(cells, 'td') for cells in rows)}</table>"


def _list(items: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>" if items else ""
