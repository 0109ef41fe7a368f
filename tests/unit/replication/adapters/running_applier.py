"""An applier that runs over the mirror of a directory made for the test."""
# ruff: noqa: S608 - the statements are this test's own

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from replication.adapters.applier_process import ApplierProcess
from replication.position import Position
from tests.unit.replication.adapters.database_pages import comparable, database_image
from tests.unit.replication.adapters.page_source import LINEAGE, PageSource

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

OTHER = "f" * 32


@contextmanager
def users_source(folder: Path) -> Iterator[PageSource]:
    """A directory of users, whose first transaction is in the mirror."""
    with PageSource(folder / "directory.db", folder / "mirror" / LINEAGE) as source:
        source.commit("CREATE TABLE users (name TEXT PRIMARY KEY, balance INTEGER)")
        source.write(0, 1, 1)
        yield source


@asynccontextmanager
async def running(applier: ApplierProcess) -> AsyncIterator[ApplierProcess]:
    task = asyncio.get_running_loop().create_task(applier.run())
    try:
        yield applier
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def an_applier(folder: Path) -> AsyncIterator[ApplierProcess]:
    """A running applier of the mirror and the replica in `folder`."""
    async with running(
        ApplierProcess(replica_path=folder / "replica.db", mirror=folder / "mirror")
    ) as applier:
        yield applier


def fill(source: PageSource, count: int) -> None:
    source.commit(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i <"
        f" {count}) INSERT INTO users SELECT 'user ' || i, i FROM n"
    )


def same(tmp_path: Path, directory: bytes) -> bool:
    return database_image(tmp_path / "replica.db") == comparable(directory)


def at(txid: int, lineage: str = LINEAGE) -> Position:
    return Position(lineage=lineage, txid=txid)
