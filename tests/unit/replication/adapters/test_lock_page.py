"""A directory that grows beyond 1 GiB: SQLite locks bytes of one page there and never uses it.

The file is sparse: what lies below is pages of zeros that belong to nothing, so SQLite puts every
new page at the end, and a test of 1 GiB takes a few megabytes and no time.
"""

# ruff: noqa: S608 - the statements are this test's own

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pysqlite3.dbapi2 as sqlite
import pytest

from replication.adapters.applier.apply import Applier
from replication.adapters.applier.replica_file import ReplicaFile
from replication.adapters.ltx_folder import ltx_path
from replication.delta_chain import joined
from replication.ltx import LOCK_BYTE, LtxHeader, lock_page
from replication.ltx_write import write_ltx
from replication.manifest import LtxName
from replication.page_delta import Step, make_delta
from replication.position import Position
from tests.unit.replication.adapters.page_source import LINEAGE

if TYPE_CHECKING:
    from pathlib import Path

WAL_HEADER, FRAME_HEADER = 32, 24
BLOB_BYTES = 900_000


class LargeDirectory:
    """A database that ends just below the lock page, its newest transaction in its WAL."""

    def __init__(self, folder: Path, page_size: int) -> None:
        self.page_size = page_size
        self.path = folder / "directory.db"
        self.connection: Any = sqlite.connect(str(self.path), isolation_level=None)
        self.run(f"PRAGMA page_size={page_size}", "PRAGMA journal_mode=WAL")
        self.run("CREATE TABLE users (id INTEGER PRIMARY KEY, note BLOB)")
        self.run("INSERT INTO users VALUES (1, 'before')", "PRAGMA wal_checkpoint(TRUNCATE)")
        self.connection.close()
        pages = LOCK_BYTE // page_size - 2
        with self.path.open("r+b") as file:
            file.seek(28)
            file.write(pages.to_bytes(4, "big"))
            file.truncate(pages * page_size)
        self.connection = sqlite.connect(str(self.path), isolation_level=None)
        self.run("PRAGMA wal_autocheckpoint=0")
        self.base_commit = pages

    def run(self, *statements: str) -> None:
        for statement in statements:
            self.connection.execute(statement).fetchall()

    def commit(self, *statements: str) -> tuple[int, dict[int, bytes], dict[int, bytes]]:
        """Pages afterwards, the new images of those that changed, and what they were before."""
        self.run("PRAGMA wal_checkpoint(TRUNCATE)")
        self.base_commit = self.path.stat().st_size // self.page_size
        self.run(*statements)
        wal = self.path.with_name("directory.db-wal").read_bytes()
        pages: dict[int, bytes] = {}
        commit = 0
        for at in range(WAL_HEADER, len(wal), FRAME_HEADER + self.page_size):
            number = int.from_bytes(wal[at : at + 4], "big")
            commit = int.from_bytes(wal[at + 4 : at + 8], "big") or commit
            pages[number] = wal[at + FRAME_HEADER : at + FRAME_HEADER + self.page_size]
        pages = {number: pages[number] for number in sorted(pages) if number <= commit}
        return commit, pages, {number: self.before(number) for number in pages}

    def before(self, number: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek((number - 1) * self.page_size)
            return file.read(self.page_size)


@pytest.mark.parametrize("page_size", [512, 4096, 65_536])
@pytest.mark.parametrize("by_delta", [False, True])
def test_a_directory_grows_and_shrinks_past_one_gibibyte(
    tmp_path: Path, page_size: int, *, by_delta: bool
) -> None:
    directory = LargeDirectory(tmp_path, page_size)
    _replica_of(directory, tmp_path)
    locked = lock_page(page_size)
    steps = (
        (f"INSERT INTO users VALUES (2, zeroblob({BLOB_BYTES}) || 'beyond')",),
        ("UPDATE users SET note = note || 'changed'",),
        ("DELETE FROM users WHERE id = 2", "VACUUM"),
    )
    with closing(directory.connection), closing(ReplicaFile(tmp_path / "replica.db")) as replica:
        applier = Applier(replica, tmp_path / "replica.position", tmp_path / "mirror")
        for txid, statements in enumerate(steps, start=2):
            commit, pages, old = directory.commit(*statements)
            assert locked not in pages
            assert txid == 4 or max(pages) > locked
            outcome = _apply(applier, directory, (txid, commit), (pages, old), by_delta=by_delta)
            assert (outcome, applier.position) == (True, _at(txid))
            assert replica.page_count == commit
            assert all(replica.page(n) == page for n, page in pages.items() if n > 1)
    with closing(sqlite.connect(f"{(tmp_path / 'replica.db').as_uri()}?mode=ro", uri=True)) as site:
        assert site.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert site.execute("SELECT id, note FROM users").fetchall() == [(1, "beforechanged")]


def _replica_of(directory: LargeDirectory, folder: Path) -> None:
    """As if a snapshot had been applied; sparse, too."""
    with directory.path.open("rb") as source, (folder / "replica.db").open("wb") as target:
        target.write(source.read(16 * directory.page_size))
        target.truncate(directory.path.stat().st_size)
    (folder / "replica.position").write_text(f"{_at(1)}\n")


def _apply(
    applier: Applier,
    directory: LargeDirectory,
    state: tuple[int, int],
    images: tuple[dict[int, bytes], dict[int, bytes]],
    *,
    by_delta: bool,
) -> bool:
    (txid, commit), (pages, old) = state, images
    if by_delta:
        step = Step(
            page_size=directory.page_size,
            base_txid=txid - 1,
            base_commit=directory.base_commit,
            txid=txid,
            commit=commit,
            timestamp_ms=0,
        )
        delta = make_delta(step, pages.items(), old.__getitem__)
        return applier.apply_deltas(LINEAGE, joined([delta])).applied == 1
    header = LtxHeader(
        page_size=directory.page_size, commit=commit, min_txid=txid, max_txid=txid, timestamp_ms=0
    )
    path = ltx_path(
        directory.path.with_name("mirror") / LINEAGE, LtxName(level=0, min_txid=txid, max_txid=txid)
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(write_ltx(header, pages.items()))
    return applier.apply(LINEAGE, txid).applied == 1


def _at(txid: int) -> Position:
    return Position(lineage=LINEAGE, txid=txid)
