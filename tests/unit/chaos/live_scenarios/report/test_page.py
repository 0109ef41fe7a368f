"""The report: well formed, complete, and true about what was broken."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from chaos.history import Outcome
from chaos.live_scenarios.report.page import Run, report
from chaos.live_scenarios.testing import broken, decided, kept, result

if TYPE_CHECKING:
    from chaos.live_scenarios.result import Result

VOID = {"meta", "br"}


class Outline(HTMLParser):
    """Reads a page, and fails where an element is not closed in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.ids += [known["id"] or ""] if "id" in known else []
        self.links += [str(known[name]) for name in ("href", "src") if name in known]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        assert tag in {"rect", "line", "circle", "polygon", "polyline"}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def outline(*results: Result, left_out: tuple[str, ...] = ()) -> Outline:
    page = report(Run(results=results, when="today", machine="a machine", left_out=left_out))
    found = Outline()
    found.feed(page)
    found.close()
    assert not found.open
    return found


def test_a_page_is_well_formed_and_needs_nothing_but_itself() -> None:
    events = (decided(1_000), decided(3_000, outcome=Outcome.REFUSED), decided(4_000))
    found = outline(result(events=events))
    assert found.links == ["#a-quiet-day"]
    assert found.ids == ["a-quiet-day"]
    for heading in ("Timeline", "What happened", "Verdict", "How long decisions took"):
        assert heading in found.text
    assert "Every promise was kept." in found.text
    assert "oslo: WAN cut begins" in found.text
    assert "A product that lost something." in found.text


def test_what_a_story_says_is_text_and_no_markup() -> None:
    assert "Nothing <happens>." in outline(result()).text


def test_a_broken_promise_is_named_with_what_was_found() -> None:
    found = outline(result(verdicts=(kept(1), broken(7, "a login took <9 s>"))), result())
    assert "1 of 2 scenarios kept every promise." in found.text
    assert "a login took <9 s>" in found.text
    assert "invalid" in found.text


def test_a_scenario_that_ended_early_says_why_and_shows_what_there_is() -> None:
    early = replace(
        result(error="headquarters did not start", verdicts=()), samples=(), marks=(), checks=()
    )
    found = outline(early)
    assert "It ended early: headquarters did not start" in found.text
    assert "Nothing was seen." in found.text
    assert "Nothing was judged." in found.text


def test_a_run_without_any_scenario_is_a_page_too() -> None:
    assert "0 of 0" in outline(left_out=("wan-loss: it needs root",)).text


def test_what_this_machine_does_not_allow_is_said() -> None:
    assert (
        "Left out: wan-loss: it needs root" in outline(left_out=("wan-loss: it needs root",)).text
    )
