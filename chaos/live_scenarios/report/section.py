"""The part of the report that tells one scenario; pure."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from chaos.live_scenarios.promises import PROMISES
from chaos.live_scenarios.report.chart import chart
from chaos.live_scenarios.report.figures import figures
from chaos.live_scenarios.timeline import MarkKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.live_scenarios.report.figures import Latencies
    from chaos.live_scenarios.result import Result
    from chaos.live_scenarios.timeline import Mark

WORDS_OF_MARK: Final = {MarkKind.SAID: "{}", MarkKind.BEGAN: "{} begins", MarkKind.ENDED: "{} ends"}
KEY: Final = (
    '<div class="key">'
    '<span><i style="background:var(--good)"></i>yes</span>'
    '<span><i style="background:var(--warn)"></i>refused</span>'
    '<span><i style="background:var(--bad)"></i>no answer</span>'
    '<span><i class="band" style="background:var(--online)"></i>online</span>'
    '<span><i class="band" style="background:var(--degraded)"></i>degraded</span>'
    '<span><i class="band" style="background:var(--offline)"></i>offline</span>'
    '<span><i class="band" style="background:var(--recovering)"></i>recovering</span>'
    '<span><i class="band" style="background:var(--silent)"></i>the branch\'s server does not '
    "answer</span>"
    '<span><i class="band" style="background:var(--fault)"></i>fault</span></div>'
)


def section(result: Result) -> str:
    """The whole story of one scenario."""
    scenario = result.scenario
    broken = "" if result.kept else ' class="broken"'
    promises = "; ".join(f"{n}. {PROMISES[n]}" for n in scenario.promises)
    error = f'<p class="error">It ended early: {escape(result.error)}</p>' if result.error else ""
    return (
        f'<section id="{escape(scenario.name)}"{broken}><div class="head">'
        f"<h2>{escape(scenario.name)}</h2>{word(kept=result.kept)}</div>"
        f"<dl><dt>Story</dt><dd>{escape(scenario.story)}</dd>"
        f"<dt>Promises</dt><dd>{escape(promises)}</dd>"
        f"<dt>In the field</dt><dd>{escape(scenario.incident)}</dd></dl>{error}"
        f"<h3>Timeline</h3>{_charts(result)}"
        f"<h3>What happened</h3>{_happened(result)}"
        f"<h3>Verdict</h3>{_verdicts(result)}"
        f"<h3>How long decisions took</h3>{_figures(result)}</section>"
    )


def word(*, kept: bool) -> str:
    """The verdict in a word."""
    css, text = ("good", "kept") if kept else ("bad", "broken")
    return f'<span class="verdict {css}">{text}</span>'


def badge(promise: int, kept: bool) -> str:  # noqa: FBT001 - a pair of a mapping
    """The promise's number, coloured by what was judged."""
    css = "good" if kept else "bad"
    return f'<span class="badge {css}" title="{escape(PROMISES[promise])}">{promise}</span>'


def milliseconds(latency_us: float | None) -> str:
    """A latency for people; a dash where there is none."""
    return "-" if latency_us is None else f"{latency_us / 1000:,.1f} ms"


def _charts(result: Result) -> str:
    sites = sorted({sample.site for sample in result.samples})
    if not sites:
        return '<p class="soft">Nothing was seen.</p>'
    pictures = "".join(
        f'<div class="site">{escape(site)}</div><div class="scroll">{chart(result, site)}</div>'
        for site in sites
    )
    return pictures + KEY


def _happened(result: Result) -> str:
    if not result.marks:
        return '<p class="soft">Nothing.</p>'
    return f'<ol class="happened">{"".join(_line(mark) for mark in result.marks)}</ol>'


def _line(mark: Mark) -> str:
    where = {"": "", "primary": "headquarters: "}.get(mark.site, f"{mark.site}: ")
    text = where + WORDS_OF_MARK[mark.kind].format(mark.text)
    css = f' class="{mark.kind}"' if mark.kind is not MarkKind.SAID else ""
    return f"<li{css}><time>{mark.at_ms / 1000:.1f} s</time>{escape(text)}</li>"


def _verdicts(result: Result) -> str:
    rows = "".join([*_promise_rows(result), *_check_rows(result)])
    if not rows:
        return '<p class="soft">Nothing was judged.</p>'
    return f'<div class="scroll"><table><tbody>{rows}</tbody></table></div>'


def _promise_rows(result: Result) -> Iterator[str]:
    for verdict in result.judged:
        findings = "".join(f"<li>{escape(text)}</li>" for text in verdict.findings)
        listed = f'<ul class="findings">{findings}</ul>' if findings else ""
        said = word(kept=True) if verdict.kept else _bad(str(verdict.validity))
        yield (
            f"<tr><td>{verdict.promise}. {PROMISES[verdict.promise]}"
            f' <span class="soft">by {escape(verdict.checker)}</span></td>'
            f"<td>{escape(verdict.measured)}{listed}</td><td>{said}</td></tr>"
        )


def _check_rows(result: Result) -> Iterator[str]:
    for check in result.checks:
        said = '<span class="verdict good">yes</span>' if check.ok else _bad("no")
        yield f"<tr><td>the story itself</td><td>{escape(check.text)}</td><td>{said}</td></tr>"


def _bad(text: str) -> str:
    return f'<span class="verdict bad">{escape(text)}</span>'


def _figures(result: Result) -> str:
    rows = "".join(
        f"<tr><td>{escape(figure.decision)}</td>{_cells(figure.without)}{_cells(figure.during)}</tr>"
        for figure in figures(result)
    )
    if not rows:
        return '<p class="soft">Nobody decided anything.</p>'
    return (
        '<div class="scroll"><table><thead><tr><th></th>'
        '<th class="number" colspan="3">without the fault: times, median, longest</th>'
        '<th class="number" colspan="3">with it: times, median, longest</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _cells(latencies: Latencies) -> str:
    return (
        f'<td class="number soft">{latencies.count}</td>'
        f'<td class="number">{milliseconds(latencies.median_us)}</td>'
        f'<td class="number">{milliseconds(latencies.worst_us)}</td>'
    )
