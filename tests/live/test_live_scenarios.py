"""`make live`, shorter: two scenarios are played, judged and reported."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from chaos.live_scenarios.__main__ import REPORT_NAME, main

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.live, pytest.mark.timeout(150)]

NAMES = ("wan-one-way-up", "wan-cut-mid-batch")


def test_a_fault_is_played_among_real_processes_and_the_report_tells_all_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["--report", str(tmp_path), *NAMES])
    told = capsys.readouterr().out
    assert status == 0, told
    assert re.search(
        r"^live: 2 scenarios in \d+ s, (\d+) of \1 promises kept, 0 .*: ok\.", told, re.MULTILINE
    )
    page = (tmp_path / REPORT_NAME).read_text(encoding="utf-8")
    for name in NAMES:
        section = page.partition(f'<section id="{name}">')[2].partition("</section>")[0]
        for heading in ("Timeline", "What happened", "Verdict", "How long decisions took"):
            assert f"<h3>{heading}</h3>" in section
        assert section.count("<svg") == section.count("</svg>") == 2
        assert 'class="link offline"' in section
        assert 'class="fault"' in section
        assert 'class="dot ok"' in section
    assert not (tmp_path / "data").exists()
