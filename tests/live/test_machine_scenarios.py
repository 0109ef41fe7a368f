"""`make live` on the machine itself: packets between namespaces, and a disk that fills. As root."""

from __future__ import annotations

import errno
import re
from typing import TYPE_CHECKING

import pytest

from chaos.live.small_disk import small_disk
from chaos.live_scenarios.__main__ import REPORT_NAME, main

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.live, pytest.mark.timeout(150)]

MB = 1024 * 1024


def test_one_direction_is_swallowed_between_two_namespaces_and_the_report_says_by_what(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["--report", str(tmp_path), "packets-one-way"])
    told = capsys.readouterr().out
    assert status == 0, told
    assert re.search(r"^live: 1 scenarios in \d+ s, .*: ok\.", told, re.MULTILINE)
    page = (tmp_path / REPORT_NAME).read_text(encoding="utf-8")
    assert re.search("netem|packet forwarder", page)


async def test_a_small_disk_fills_to_the_last_byte_and_what_it_held_stays(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "before").write_text("before")
    async with small_disk(folder, 4 * MB) as disk:
        disk.fill(but_bytes=MB)
        assert 0 < disk.free_bytes <= MB
        (folder / "fits").write_bytes(b"x" * 1_000)
        disk.fill()
        with pytest.raises(OSError, match="No space") as refused:
            (folder / "does not").write_bytes(b"x" * 100_000)
        assert refused.value.errno == errno.ENOSPC
        disk.make_room()
        (folder / "does now").write_bytes(b"x" * 100_000)
    assert (folder / "before").read_text() == "before"
    assert (folder / "does now").stat().st_size == 100_000
    assert {path.name for path in tmp_path.iterdir()} == {"data"}
