# ruff: noqa: S608 - the statements are this test's own
from __future__ import annotations

import asyncio
import contextlib
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from replication.adapters.applier_process import ApplierError, ApplierProcess
from replication.adapters.ltx_folder import ltx_path
from replication.manifest import LtxName
from replication.position import Position
from tests.unit.replication.adapters.database_pages import comparable, database_image
from tests.unit.replication.adapters.page_source import LINEAGE, PageSource

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

OTHER = "f" * 32


@pytest.fixture
def source(tmp_path: Path) -> Iterator[PageSource]:
    with PageSource(tmp_path / "directory.db", tmp_path / "mirror" / LINEAGE) as source:
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


@pytest_asyncio.fixture
async def applier(tmp_path: Path) -> AsyncIterator[ApplierProcess]:
    async with running(
        ApplierProcess(replica_path=tmp_path / "replica.db", mirror=tmp_path / "mirror")
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


async def test_an_empty_mirror_applies_nothing(applier: ApplierProcess, tmp_path: Path) -> None:
    applied = await applier.apply(LINEAGE)
    assert (applied.position, applied.files, applied.gap) == (None, 0, None)
    assert not (tmp_path / "replica.db").exists()


async def test_each_transaction_makes_the_replica_equal_to_the_directory(
    applier: ApplierProcess, source: PageSource, tmp_path: Path
) -> None:
    await applier.apply(LINEAGE)
    for change in (
        "INSERT INTO users VALUES ('anna', 5)",
        "ALTER TABLE users ADD COLUMN note TEXT DEFAULT 'none'",
        "CREATE INDEX by_balance ON users (balance)",
        "UPDATE users SET balance = 7, note = zeroblob(9000)",
        "DROP INDEX by_balance",
        "DELETE FROM users",
        "VACUUM",
    ):
        txid = source.commit(change)
        source.write(0, txid, txid)
        applied = await applier.apply(LINEAGE, txid)
        assert applied.position == at(txid)
        assert applied.files == 1
        assert same(tmp_path, source.images[txid])


async def test_the_files_of_a_long_absence_are_merged_into_one_transaction(
    applier: ApplierProcess, source: PageSource, tmp_path: Path
) -> None:
    await applier.apply(LINEAGE)
    fill(source, 500)
    for n in range(40):
        source.commit(f"UPDATE users SET balance = {n} WHERE name = 'user {n}'")
    for txid in range(2, source.txid + 1):
        source.write(0, txid, txid)
    applied = await applier.apply(LINEAGE)
    assert applied.files == 41
    assert applied.pages <= len(source.pages(source.txid))
    assert same(tmp_path, source.images[-1])


async def test_more_files_than_may_be_open_are_applied(
    applier: ApplierProcess, source: PageSource, tmp_path: Path
) -> None:
    for n in range(600):
        txid = source.commit(f"INSERT INTO users VALUES ('user {n}', {n})")
        source.write(0, txid, txid)
    applied = await applier.apply(LINEAGE)
    assert (applied.position, applied.files) == (at(601), 601)
    assert same(tmp_path, source.images[-1])


async def test_applying_again_changes_nothing(
    applier: ApplierProcess, source: PageSource, tmp_path: Path
) -> None:
    await applier.apply(LINEAGE)
    applied = await applier.apply(LINEAGE, 1)
    assert (applied.position, applied.files, applied.pages) == (at(1), 0, 0)
    assert same(tmp_path, source.images[1])


async def test_files_that_were_applied_before_a_lost_position_do_no_harm(
    source: PageSource, tmp_path: Path
) -> None:
    fill(source, 100)
    source.write(0, 2, 2)
    parts = {"replica_path": tmp_path / "replica.db", "mirror": tmp_path / "mirror"}
    async with running(ApplierProcess(**parts)) as applier:
        await applier.apply(LINEAGE)
    (tmp_path / "replica.position").write_text(f"{at(1)}\n")
    async with running(ApplierProcess(**parts)) as applier:
        applied = await applier.apply(LINEAGE)
    assert (applied.position, applied.files) == (at(2), 1)
    assert same(tmp_path, source.images[2])


@pytest.mark.parametrize("damage", ["", "garbage", "00:11\n"])
async def test_an_unreadable_position_has_the_replica_made_anew(
    source: PageSource, tmp_path: Path, damage: str
) -> None:
    parts = {"replica_path": tmp_path / "replica.db", "mirror": tmp_path / "mirror"}
    async with running(ApplierProcess(**parts)) as applier:
        await applier.apply(LINEAGE)
    (tmp_path / "replica.position").write_text(damage)
    async with running(ApplierProcess(**parts)) as applier:
        assert (await applier.apply(LINEAGE)).position == at(1)
    assert same(tmp_path, source.images[1])


async def test_a_deleted_replica_is_made_anew_from_the_mirror_alone(
    source: PageSource, tmp_path: Path
) -> None:
    fill(source, 100)
    source.write(0, 2, 2)
    parts = {"replica_path": tmp_path / "replica.db", "mirror": tmp_path / "mirror"}
    async with running(ApplierProcess(**parts)) as applier:
        await applier.apply(LINEAGE)
    for file in tmp_path.glob("replica.db*"):
        file.unlink()
    async with running(ApplierProcess(**parts)) as applier:
        applied = await applier.apply(LINEAGE)
    assert (applied.position, applied.files) == (at(2), 2)
    assert same(tmp_path, source.images[2])


async def test_a_damaged_file_is_named_and_never_applied(
    applier: ApplierProcess, source: PageSource, tmp_path: Path
) -> None:
    await applier.apply(LINEAGE)
    for change in ("INSERT INTO users VALUES ('anna', 5)", "DELETE FROM users"):
        source.write(0, source.commit(change), source.txid)
    path = ltx_path(source.root, LtxName(level=0, min_txid=3, max_txid=3))
    sound = path.read_bytes()
    path.write_bytes(sound[:-1] + bytes([sound[-1] ^ 1]))
    applied = await applier.apply(LINEAGE, 3)
    assert applied.refused == (str(LtxName(level=0, min_txid=3, max_txid=3)),)
    assert applied.position == at(2)
    assert applied.gap is None
    assert same(tmp_path, source.images[2])
    path.write_bytes(sound)
    assert (await applier.apply(LINEAGE, 3)).position == at(3)


async def test_a_damaged_file_is_bypassed_where_another_covers_it(
    applier: ApplierProcess, source: PageSource, tmp_path: Path
) -> None:
    for name in ("anna", "bo", "cato"):
        txid = source.commit(f"INSERT INTO users VALUES ('{name}', 5)")
        source.write(0, txid, txid)
    source.write(1, 1, 4)
    path = ltx_path(source.root, LtxName(level=0, min_txid=3, max_txid=3))
    path.write_bytes(b"LTX1 but not really")
    await applier.apply(LINEAGE)
    assert same(tmp_path, source.images[4])


async def test_a_file_under_a_wrong_name_is_refused(
    applier: ApplierProcess, source: PageSource
) -> None:
    source.commit("INSERT INTO users VALUES ('anna', 5)")
    source.commit("INSERT INTO users VALUES ('bo', 5)")
    wrong = source.write(0, 3, 3)
    ltx_path(source.root, wrong).rename(
        ltx_path(source.root, LtxName(level=0, min_txid=2, max_txid=2))
    )
    applied = await applier.apply(LINEAGE)
    assert applied.position == at(1)
    assert len(applied.refused) == 1


async def test_before_a_hole_everything_is_applied_and_the_hole_is_named(
    applier: ApplierProcess, source: PageSource, tmp_path: Path
) -> None:
    for n in range(2, 6):
        source.commit(f"INSERT INTO users VALUES ('user {n}', 0)")
    for txid in (2, 3, 5):
        source.write(0, txid, txid)
    applied = await applier.apply(LINEAGE, 5)
    assert applied.position == at(3)
    assert applied.gap is not None
    assert "4 to 4" in applied.gap
    assert same(tmp_path, source.images[3])
    source.write(1, 3, 4)
    assert (await applier.apply(LINEAGE, 5)).position == at(5)


async def test_a_snapshot_bridges_what_nothing_else_does(
    applier: ApplierProcess, source: PageSource, tmp_path: Path
) -> None:
    await applier.apply(LINEAGE)
    fill(source, 300)
    source.commit("DELETE FROM users WHERE balance > 10")
    source.commit("VACUUM")
    source.write(9, 1, 4)
    applied = await applier.apply(LINEAGE, 4)
    assert (applied.position, applied.files) == (at(4), 1)
    assert same(tmp_path, source.images[4])


async def test_another_lineage_replaces_everything_in_one_step(
    applier: ApplierProcess, source: PageSource, tmp_path: Path
) -> None:
    fill(source, 300)
    source.write(0, 2, 2)
    await applier.apply(LINEAGE)
    with PageSource(tmp_path / "new.db", tmp_path / "mirror" / OTHER) as new:
        new.commit("CREATE TABLE other (a)", "INSERT INTO other VALUES (1)")
        new.write(9, 1, 1)
        applied = await applier.apply(OTHER)
        assert applied.position == at(1, OTHER)
        assert same(tmp_path, new.images[1])


async def test_another_page_size_is_refused_and_changes_nothing(
    applier: ApplierProcess, source: PageSource, tmp_path: Path
) -> None:
    await applier.apply(LINEAGE)
    new_root = tmp_path / "mirror" / OTHER
    with PageSource(tmp_path / "new.db", new_root, page_size=4096) as new:
        new.commit("CREATE TABLE other (a)")
        new.write(9, 1, 1)
    with pytest.raises(ApplierError, match="page size") as caught:
        await applier.apply(OTHER)
    assert caught.value.kind == "PageSizeError"
    assert same(tmp_path, source.images[1])
    assert (await applier.apply(LINEAGE)).position == at(1)


async def test_a_request_that_is_none_is_refused(applier: ApplierProcess) -> None:
    with pytest.raises(ApplierError):
        await applier.apply("../../etc")
    answer = await applier.child.request({"op": "destroy"}, timeout_ms=5_000)
    assert answer["kind"] == "ValidationError"


async def test_a_replica_that_is_no_database_is_reported(tmp_path: Path) -> None:
    (tmp_path / "replica.db").write_bytes(os.urandom(8192))
    parts = {"replica_path": tmp_path / "replica.db", "mirror": tmp_path / "mirror"}
    with PageSource(tmp_path / "directory.db", tmp_path / "mirror" / LINEAGE) as source:
        source.commit("CREATE TABLE a (b)")
        source.write(9, 1, 1)
    async with running(ApplierProcess(**parts)) as applier:
        with pytest.raises(ApplierError, match="delete replica"):
            await applier.apply(LINEAGE)


async def test_the_wal_stays_bounded(
    applier: ApplierProcess, source: PageSource, tmp_path: Path
) -> None:
    fill(source, 20_000)
    source.write(0, 2, 2)
    for n in range(12):
        txid = source.commit(f"UPDATE users SET balance = {n}")
        source.write(0, txid, txid)
        await applier.apply(LINEAGE, txid)
    pages = len(source.pages(source.txid))
    assert pages > 500
    wal_bytes = (tmp_path / "replica.db-wal").stat().st_size
    assert wal_bytes < 4 * (pages * (1024 + 24))
