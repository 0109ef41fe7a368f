# ruff: noqa: S608 - the statements are this test's own
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from replication.adapters.applier_process import ApplierProcess
from replication.adapters.ltx_folder import ltx_path
from replication.manifest import LtxName
from tests.unit.replication.adapters.page_source import LINEAGE, PageSource
from tests.unit.replication.adapters.running_applier import (
    OTHER,
    an_applier,
    at,
    fill,
    running,
    same,
    users_source,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path


@pytest.fixture
def source(tmp_path: Path) -> Iterator[PageSource]:
    with users_source(tmp_path) as source:
        yield source


@pytest_asyncio.fixture
async def applier(tmp_path: Path) -> AsyncIterator[ApplierProcess]:
    async with an_applier(tmp_path) as applier:
        yield applier


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
    parts: dict[str, Any] = {"replica_path": tmp_path / "replica.db", "mirror": tmp_path / "mirror"}
    async with running(ApplierProcess(**parts)) as applier:
        await applier.apply(LINEAGE)
    (tmp_path / "replica.position").write_text(f"{at(1)}\n")
    async with running(ApplierProcess(**parts)) as applier:
        applied = await applier.apply(LINEAGE)
    assert (applied.position, applied.files) == (at(2), 0)
    assert same(tmp_path, source.images[2])


async def test_after_a_crash_before_the_position_a_part_of_what_was_lost_does_no_harm(
    source: PageSource, tmp_path: Path
) -> None:
    fill(source, 100)
    source.commit("UPDATE users SET balance = 1 WHERE balance > 50")
    for txid in (2, 3):
        source.write(0, txid, txid)
    parts: dict[str, Any] = {"replica_path": tmp_path / "replica.db", "mirror": tmp_path / "mirror"}
    async with running(ApplierProcess(**parts)) as applier:
        await applier.apply(LINEAGE)
    (tmp_path / "replica.position").write_text(f"{at(1)}\n")
    ltx_path(source.root, LtxName(level=0, min_txid=3, max_txid=3)).unlink()
    async with running(ApplierProcess(**parts)) as applier:
        applied = await applier.apply(LINEAGE)
    assert applied.position == at(3)
    assert same(tmp_path, source.images[3])


async def test_a_crash_while_another_lineage_took_its_place_starts_anew(
    source: PageSource, tmp_path: Path
) -> None:
    fill(source, 100)
    source.write(0, 2, 2)
    parts: dict[str, Any] = {"replica_path": tmp_path / "replica.db", "mirror": tmp_path / "mirror"}
    async with running(ApplierProcess(**parts)) as applier:
        await applier.apply(LINEAGE)
    (tmp_path / "replica.position").write_text(f"{at(2, OTHER)}\n")
    async with running(ApplierProcess(**parts)) as applier:
        applied = await applier.apply(LINEAGE)
    assert (applied.position, applied.files) == (at(2), 2)
    assert same(tmp_path, source.images[2])


@pytest.mark.parametrize("damage", ["", "garbage", "00:11\n"])
async def test_an_unreadable_position_has_the_replica_made_anew(
    source: PageSource, tmp_path: Path, damage: str
) -> None:
    parts: dict[str, Any] = {"replica_path": tmp_path / "replica.db", "mirror": tmp_path / "mirror"}
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
    parts: dict[str, Any] = {"replica_path": tmp_path / "replica.db", "mirror": tmp_path / "mirror"}
    async with running(ApplierProcess(**parts)) as applier:
        await applier.apply(LINEAGE)
    for file in tmp_path.glob("replica.db*"):
        file.unlink()
    async with running(ApplierProcess(**parts)) as applier:
        applied = await applier.apply(LINEAGE)
    assert (applied.position, applied.files) == (at(2), 2)
    assert same(tmp_path, source.images[2])


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
