"""The history survives the program that wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.final_state import read_final_state, write_final_state
from chaos.history import FaultKind, HistoryFile, Operation, read_history
from chaos.testing import Story, event
from replication.testing import ManualClock

if TYPE_CHECKING:
    from pathlib import Path


def test_what_was_written_down_is_read_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    with HistoryFile(path, ManualClock()) as file:
        file.event(event(Operation.LOGIN, user_name="ada", balance_micros=5))
        file.fault(FaultKind.WAN_CUT, "oslo")
        written = file.history()
    assert read_history(path) == written
    assert written.nodes() == ("oslo",)
    assert [fault.kind for fault in written.faults("oslo")] == [FaultKind.WAN_CUT]


def test_a_line_cut_off_by_a_crash_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    with HistoryFile(path, ManualClock()) as file:
        file.event(event(Operation.LOGIN))
        file.event(event(Operation.LIST))
    path.write_bytes(path.read_bytes()[:-10])
    assert [seen.operation for seen in read_history(path).events()] == [Operation.LOGIN]


def test_a_fact_that_the_client_did_not_learn_is_empty() -> None:
    seen = event(Operation.RELEASE, job_uuid="x", cost_micros=7)
    assert (seen.text("job_uuid"), seen.number("cost_micros")) == ("x", 7)
    assert (seen.text("printer_name"), seen.number("pages")) == ("", 0)


def test_a_final_state_is_kept_whole(tmp_path: Path) -> None:
    state = Story().state()
    write_final_state(state, tmp_path / "final.json")
    assert read_final_state(tmp_path / "final.json") == state
