"""The report of a run: one page of HTML that needs nothing else to be read; pure."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from chaos.history import Outcome
from chaos.live_scenarios.report.figures import decisions, worst_during
from chaos.live_scenarios.report.section import badge, milliseconds, section, word
from chaos.live_scenarios.report.style import STYLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.live_scenarios.result import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """All results, and the words for when and where."""

    results: tuple[Result, ...]
    when: str
    machine: str
    left_out: tuple[str, ...] = ()
    """Scenarios that this machine does not allow, and why."""


def report(run: Run) -> str:
    """The whole page."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Holdfast: live faults</title><style>{STYLE}</style></head><body><main>"
        f"{_head(run)}{_tiles(run)}{_overview(run)}"
        f"{''.join(section(result) for result in run.results)}"
        "</main></body></html>\n"
    )


def _head(run: Run) -> str:
    kept = sum(result.kept for result in run.results)
    said = (
        "Every promise was kept."
        if kept == len(run.results)
        else f"{kept} of {len(run.results)} scenarios kept every promise."
    )
    left_out = "".join(f"<p>Left out: {escape(each)}</p>" for each in run.left_out)
    return (
        f"<h1>{said}</h1>"
        "<p>Faults against a real installation: headquarters, branches, replication, printers, "
        "and a WAN in between, each a process of its own. People print, release and copy while "
        "the fault lasts. When everything has healed, the books, the journals and the printers' "
        "own records are judged.</p>"
        f'<p class="soft">{escape(run.when)}. {escape(run.machine)}</p>{left_out}'
    )


def _tiles(run: Run) -> str:
    promises = [kept for result in run.results for kept in result.promises.values()]
    seen = [event for result in run.results for event in decisions(result)]
    worst = [us for result in run.results if (us := worst_during(result)) is not None]
    tiles = (
        (f"{sum(r.kept for r in run.results)} of {len(run.results)}", "scenarios kept"),
        (f"{sum(promises)} of {len(promises)}", "promises kept"),
        (f"{len(seen):,}", "decisions taken"),
        (f"{sum(e.outcome is Outcome.REFUSED for e in seen):,}", "of them refusals"),
        (f"{sum(e.outcome is Outcome.UNKNOWN for e in seen):,}", "without an answer"),
        (milliseconds(max(worst, default=None)), "longest decision during a fault"),
    )
    return (
        '<div class="tiles">'
        + "".join(
            f'<div class="tile"><b>{escape(value)}</b><span>{escape(name)}</span></div>'
            for value, name in tiles
        )
        + "</div>"
    )


def _overview(run: Run) -> str:
    return (
        '<div class="overview"><table><thead><tr><th>Scenario</th><th>Promises</th>'
        '<th class="number">Decisions</th><th class="number">Without answer</th>'
        '<th class="number">Longest during the fault</th><th class="number">Took</th>'
        f"<th>Verdict</th></tr></thead><tbody>{''.join(_rows(run))}</tbody></table></div>"
    )


def _rows(run: Run) -> Iterator[str]:
    for result in run.results:
        name = escape(result.scenario.name)
        seen = decisions(result)
        unanswered = sum(event.outcome is Outcome.UNKNOWN for event in seen)
        yield (
            f'<tr><td><a href="#{name}">{name}</a></td>'
            f"<td>{''.join(badge(*each) for each in result.promises.items())}</td>"
            f'<td class="number">{len(seen)}</td><td class="number">{unanswered}</td>'
            f'<td class="number">{milliseconds(worst_during(result))}</td>'
            f'<td class="number">{result.took_ms / 1000:.1f} s</td>'
            f"<td>{word(kept=result.kept)}</td></tr>"
        )
