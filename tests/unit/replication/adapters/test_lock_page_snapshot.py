"""A snapshot of more than 1 GiB, applied from nothing by the real process.

Nearly all of it is zeros, so the file takes megabytes; each page is verified and written all the
same. The same with 1.2 GiB of random content was run by hand: docs/benchmarks.md.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pysqlite3.dbapi2 as sqlite
import pytest

from replication.adapters.ltx_folder import ltx_path
from replication.ltx import LOCK_BYTE, LtxHeader, lock_page
from replication.ltx_write import write_ltx
from replication.manifest import LEVEL_SNAPSHOT, LtxName
from tests.unit.replication.adapters.page_source import LINEAGE
from tests.unit.replication.adapters.running_applier import an_applier, at
from tests.unit.replication.adapters.test_lock_page import BLOB_BYTES, LargeDirectory

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE_SIZE = 65_536
PEAK_KIB_MAX = 120 * 1024


@pytest.mark.timeout(180)
async def test_a_snapshot_beyond_one_gibibyte_is_applied_in_little_memory(tmp_path: Path) -> None:
    directory = LargeDirectory(tmp_path, PAGE_SIZE)
    directory.run(f"INSERT INTO users VALUES (2, zeroblob({BLOB_BYTES}) || 'beyond')")  # noqa: S608
    directory.run("PRAGMA wal_checkpoint(TRUNCATE)")
    directory.connection.close()
    commit = directory.path.stat().st_size // PAGE_SIZE
    assert commit > lock_page(PAGE_SIZE)
    name = LtxName(level=LEVEL_SNAPSHOT, min_txid=1, max_txid=7)
    path = ltx_path(tmp_path / "mirror" / LINEAGE, name)
    path.parent.mkdir(parents=True)
    header = LtxHeader(page_size=PAGE_SIZE, commit=commit, min_txid=1, max_txid=7, timestamp_ms=0)
    path.write_bytes(write_ltx(header, _pages(directory, commit)))

    async with an_applier(tmp_path) as applier:
        applied = await applier.apply(LINEAGE)
        assert (applied.position, applied.pages, applied.gap) == (at(7), commit - 1, None)
        assert _peak_kib(applier.child.pid) < PEAK_KIB_MAX
    replica = tmp_path / "replica.db"
    with closing(sqlite.connect(f"{replica.as_uri()}?mode=ro", uri=True)) as site:
        assert site.execute("SELECT id, length(CAST(note AS BLOB)) FROM users").fetchall() == [
            (1, len("before")),
            (2, BLOB_BYTES + len("beyond")),
        ]
    assert replica.stat().st_size == commit * PAGE_SIZE > LOCK_BYTE
    for large in tmp_path.glob("replica.db*"):
        large.unlink()


def _pages(directory: LargeDirectory, commit: int) -> Iterator[tuple[int, bytes]]:
    locked = lock_page(PAGE_SIZE)
    with directory.path.open("rb") as file:
        for number in range(1, commit + 1):
            page = file.read(PAGE_SIZE)
            if number != locked:
                yield number, page


def _peak_kib(pid: int | None) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
