"""The day of `make day`, tiny: two branches, forty people, three outages in seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chaos.day.day import Day, lab_plan
from chaos.day.report import page
from chaos.day.timetable import DayPlan
from chaos.history import read_history
from chaos.live.lab import open_lab
from chaos.live.wan_choice import WanChoice

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

TINY = DayPlan(sites=2, people=40, visits=36, seconds=20)


async def test_a_day_with_three_outages_leaves_nobody_waiting_and_the_books_right(
    tmp_path: Path,
) -> None:
    told: list[str] = []
    async with open_lab(lab_plan(TINY, tmp_path, WanChoice.RELAY)) as lab:
        outcome = await Day(lab, TINY, told.append).live()

    assert outcome.unserved == []
    assert outcome.books.are_right
    assert [v.findings for v in outcome.verdicts if not v.kept] == []
    assert outcome.documents > 0
    assert len(outcome.outages) == 3
    assert any(call.is_cut for _, call in outcome.calls)
    assert set(read_history(tmp_path / "history.jsonl").nodes()) >= set(TINY.site_names)
    assert "36 of 36 visits served; the books agree to the micro" in page(outcome)
