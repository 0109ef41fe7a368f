from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from replication.adapters.machine import clock_sane, folder_writable, port_free
from replication.adapters.system_clock import SystemClock
from replication.testing import ManualClock

if TYPE_CHECKING:
    from pathlib import Path

PIB = 2**50


def test_a_port_with_a_listener_is_not_free_and_is_free_again_afterwards() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        busy = port_free("127.0.0.1", port)
    free = port_free("127.0.0.1", port)

    assert not busy.found
    assert str(port) in busy.hint
    assert free.found


def test_a_number_that_is_no_port_is_refused_instead_of_wrapped() -> None:
    assert not port_free("127.0.0.1", 65_536 + 7300).found


def test_an_address_of_another_machine_is_not_free_here() -> None:
    assert not port_free("192.0.2.1", 7300).found


def test_a_writable_folder_is_found_and_left_as_it_was(tmp_path: Path) -> None:
    seen = folder_writable(tmp_path, 1)

    assert seen.found
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_does_not_exist_yet_is_judged_by_its_parent(tmp_path: Path) -> None:
    seen = folder_writable(tmp_path / "var" / "spool", 1)

    assert seen.found
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_a_folder_should_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("a file")

    seen = folder_writable(tmp_path / "spool" / "jobs", 1)

    assert (seen.found, seen.version) == (False, "not writable")


def test_too_little_space_says_how_much_is_lacking(tmp_path: Path) -> None:
    seen = folder_writable(tmp_path, PIB)

    assert not seen.found
    assert seen.hint.startswith("free ")


def test_the_clock_of_this_machine_is_sane() -> None:
    assert clock_sane(SystemClock()).found


def test_a_clock_that_was_never_set_is_found_out() -> None:
    clock = ManualClock(wall_ms=0)

    seen = clock_sane(clock, lambda wait_s: clock.advance(int(wait_s * 1000)))

    assert (seen.found, seen.version) == (False, "not set")


def test_a_clock_that_jumps_while_looked_at_is_found_out() -> None:
    clock = ManualClock()

    seen = clock_sane(clock, lambda _wait_s: clock.jump(-3_600_000))

    assert not seen.found
    assert "-3600000 ms" in seen.version


def test_a_clock_that_only_advances_is_sane_however_long_the_wait_was() -> None:
    clock = ManualClock()

    assert clock_sane(clock, lambda _wait_s: clock.advance(60_000)).found
