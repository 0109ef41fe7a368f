from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from docs.generate import FOLDER, main, pages, stale, write
from docs.markdown import duration, field_docs, table
from docs.page_state_machines import BY_THE_LINE
from failure_modes import job_lifecycle, link_table
from failure_modes.functions import ROWS
from failure_modes.policy import FIELDS
from failure_modes.rule_vocabulary import ConversionKind, FilterKind, PriceModel
from failure_modes.vocabulary import LinkEvent, LinkState, ProviderMode, Reason

if TYPE_CHECKING:
    from pathlib import Path

FAILURE_MODES = "failure-modes.md"
STATE_MACHINES = "state-machines.md"


def test_no_generated_page_is_stale() -> None:
    assert stale() == [], "run: make docs"


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_documented(reason: Reason) -> None:
    text = (FOLDER / FAILURE_MODES).read_text(encoding="utf-8")

    assert f"\n| `{reason}` |" in text, "add it to the catalogue, then run: make docs"


@pytest.mark.parametrize(
    "name",
    [*FIELDS, *FilterKind, *ConversionKind, *PriceModel, *ProviderMode, *LinkState],
)
def test_every_name_that_can_be_configured_is_documented(name: str) -> None:
    assert f"`{name}`" in pages()[FAILURE_MODES]


def test_every_function_is_documented() -> None:
    assert all(f"\n| {row.title} |" in pages()[FAILURE_MODES] for row in ROWS)


def test_every_change_of_a_state_is_an_arrow() -> None:
    text = pages()[STATE_MACHINES]
    changes = [
        (state, event, to)
        for table_ in (link_table.TRANSITIONS, job_lifecycle.TRANSITIONS)
        for (state, event), to in table_.items()
        if to is not state
    ]

    for state, event, to in changes:
        begins = [state, *([BY_THE_LINE.name] if state in BY_THE_LINE.states else [])]
        arrows = [f" {begin} --> {to} : " for begin in begins]
        (arrow,) = (line for line in text.splitlines() if any(each in line for each in arrows))
        assert event in arrow.split(" : ")[1].split(", ")


def test_an_arrow_that_leaves_a_frame_leaves_every_state_within() -> None:
    text = pages()[STATE_MACHINES]
    leaving = [line.strip() for line in text.splitlines() if f" {BY_THE_LINE.name} --> " in line]

    assert leaving == [
        "line --> drill : drill_started",
        "line --> forced_offline : force_started",
    ]
    for arrow in leaving:
        to, event = arrow.removeprefix("line --> ").split(" : ")
        reached = {
            link_table.TRANSITIONS[state, LinkEvent(event)]
            for state in LinkState
            if state in BY_THE_LINE.states
        }
        assert reached == {to}


def test_what_is_missing_or_changed_is_stale_and_written_once(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / STATE_MACHINES).write_text("old", encoding="utf-8")
    (tmp_path / FAILURE_MODES).unlink()

    assert stale(tmp_path) == [FAILURE_MODES, STATE_MACHINES]
    assert write(tmp_path) == [FAILURE_MODES, STATE_MACHINES]
    assert write(tmp_path) == []


def test_the_check_says_what_to_type() -> None:
    assert main(["--check"]) == 0
    assert main(["--write-them-all"]) == 2


def test_a_cell_cannot_end_its_table() -> None:
    assert table(["a"], [["x | y\nz"]]).splitlines()[-1] == "| x \\| y z |"


@pytest.mark.parametrize(
    ("ms", "text"),
    [(0, "0 ms"), (1_500, "1500 ms"), (86_400_000, "1 day"), (172_800_000, "2 days")],
)
def test_a_time_is_said_in_its_largest_whole_unit(ms: int, text: str) -> None:
    assert duration(ms) == text


def test_words_below_a_field_belong_to_that_field_only() -> None:
    assert set(field_docs(LinkState)) == {"DRILL", "FORCED_OFFLINE"}
