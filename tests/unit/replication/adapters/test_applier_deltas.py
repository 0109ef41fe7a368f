"""Page deltas at the applier: proved, logged as LTX, applied; or refused with nothing done."""
# ruff: noqa: S608 - the statements are this test's own

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from replication.adapters import applier_process
from replication.adapters.applier_process import ApplierProcess
from replication.adapters.child_process import ChildNotRunningError
from replication.adapters.delta_maker import delta_between
from replication.adapters.ltx_folder import ltx_path
from replication.ltx import read_ltx
from replication.manifest import LtxName
from replication.page_delta import BadDeltaError, Step, make_delta
from tests.unit.replication.adapters.page_source import LINEAGE, PageSource
from tests.unit.replication.adapters.running_applier import (
    OTHER,
    an_applier,
    at,
    fill,
    running,
    same,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from replication.position import Position


@pytest.fixture
def source(tmp_path: Path) -> Iterator[PageSource]:
    """A directory whose store is not the mirror; the mirror begins with its second TXID."""
    with PageSource(tmp_path / "directory.db", tmp_path / "store") as source:
        source.commit("CREATE TABLE users (name TEXT PRIMARY KEY, balance INTEGER)")
        fill(source, 500)
        source.write(9, 1, 2)
        first = LtxName(level=9, min_txid=1, max_txid=2)
        path = ltx_path(tmp_path / "mirror" / LINEAGE, first)
        path.parent.mkdir(parents=True)
        path.write_bytes(source.encode(1, 2))
        yield source


@pytest_asyncio.fixture
async def applier(source: PageSource, tmp_path: Path) -> AsyncIterator[ApplierProcess]:
    async with an_applier(tmp_path) as applier:
        await applier.apply(LINEAGE)
        assert source.txid == 2
        yield applier


def delta(source: PageSource, *statements: str) -> bytes:
    """Commit, and the delta of it."""
    txid = source.commit(*statements)
    source.write(0, txid, txid)
    return delta_between(source.root, txid - 1, txid)


def logged(tmp_path: Path, low: int, high: int) -> Path:
    name = LtxName(level=0, min_txid=low, max_txid=high)
    return ltx_path(tmp_path / "mirror" / LINEAGE, name)


async def test_each_delta_makes_the_replica_equal_to_the_directory(
    applier: ApplierProcess, source: PageSource, tmp_path: Path
) -> None:
    for change in (
        "UPDATE users SET balance = 9 WHERE name = 'user 8'",
        "ALTER TABLE users ADD COLUMN note TEXT DEFAULT 'none'",
        "CREATE INDEX by_balance ON users (balance)",
        "UPDATE users SET note = zeroblob(900)",
        "DELETE FROM users WHERE balance > 20",
        "VACUUM",
        "INSERT INTO users SELECT name || '!', 1, hex(zeroblob(3000)) FROM users",
    ):
        applied = await applier.apply_deltas(LINEAGE, [delta(source, change)])
        assert (applied.position, applied.files) == (at(source.txid), 1)
        assert same(tmp_path, source.images[-1])


async def test_its_pages_lie_in_the_mirror_as_the_file_that_would_have_been_fetched(
    applier: ApplierProcess, source: PageSource, tmp_path: Path
) -> None:
    await applier.apply_deltas(LINEAGE, [delta(source, "UPDATE users SET balance = 9")])
    file = read_ltx(logged(tmp_path, 3, 3).read_bytes())
    fetched = read_ltx(source.encode(3, 3))
    assert dict(file.pages()) == dict(fetched.pages())
    assert file.header == fetched.header


async def test_a_replica_that_was_lost_comes_back_from_the_logged_files_alone(
    source: PageSource, tmp_path: Path
) -> None:
    async with an_applier(tmp_path) as applier:
        await applier.apply(LINEAGE)
        for number in range(5):
            data = delta(source, f"UPDATE users SET balance = {number} WHERE rowid % 9 = {number}")
            await applier.apply_deltas(LINEAGE, [data])
    for file in tmp_path.glob("replica.*"):
        file.unlink()
    async with an_applier(tmp_path) as applier:
        assert (await applier.apply(LINEAGE)).position == at(7)
    assert same(tmp_path, source.images[7])


async def test_a_delta_over_several_txids_and_a_large_one_are_taken(
    applier: ApplierProcess, source: PageSource, tmp_path: Path
) -> None:
    for number in range(3):
        txid = source.commit(f"UPDATE users SET name = hex(randomblob(400)) || {number}")
        source.write(0, txid, txid)
    data = delta_between(source.root, 2, 5)
    assert len(data) > applier_process.INLINE_BYTES_MAX
    assert (await applier.apply_deltas(LINEAGE, [data])).position == at(5)
    assert logged(tmp_path, 3, 5).exists()
    assert same(tmp_path, source.images[5])
    assert not list((tmp_path / "mirror").rglob("*.part"))


async def test_a_delta_that_was_applied_already_changes_nothing(
    applier: ApplierProcess, source: PageSource, tmp_path: Path
) -> None:
    data = delta(source, "UPDATE users SET balance = 9")
    await applier.apply_deltas(LINEAGE, [data])
    applied = await applier.apply_deltas(LINEAGE, [data])
    assert (applied.position, applied.files) == (at(3), 0)
    assert same(tmp_path, source.images[3])


async def refused(applier: ApplierProcess, tmp_path: Path, lineage: str, data: bytes) -> None:
    before = sorted(tmp_path.rglob("*.ltx"))
    with pytest.raises(BadDeltaError):
        await applier.apply_deltas(lineage, [data])
    assert sorted(tmp_path.rglob("*.ltx")) == before
    assert (await applier.apply(LINEAGE)).position == at(2)


async def test_what_does_not_fit_is_refused_and_nothing_is_done(
    applier: ApplierProcess, source: PageSource, tmp_path: Path
) -> None:
    data = delta(source, "UPDATE users SET balance = 9")
    later = delta(source, "UPDATE users SET balance = 10")
    step = Step(page_size=512, base_txid=2, base_commit=9, txid=3, commit=9, timestamp_ms=0)
    other_page_size = make_delta(step, [], lambda _: b"")
    await refused(applier, tmp_path, LINEAGE, later)
    await refused(applier, tmp_path, OTHER, data)
    await refused(applier, tmp_path, LINEAGE, other_page_size)
    await refused(applier, tmp_path, LINEAGE, b"")
    for place in (0, 4, 5, 6, 7, 8, len(data) - 16, len(data) - 1):
        damaged = bytearray(data)
        damaged[place] ^= 0x10
        await refused(applier, tmp_path, LINEAGE, bytes(damaged))
    assert (await applier.apply_deltas(LINEAGE, [data])).position == at(3)
    assert same(tmp_path, source.images[3])


async def test_a_site_without_a_replica_refuses_every_delta(
    source: PageSource, tmp_path: Path
) -> None:
    async with an_applier(tmp_path) as applier:
        with pytest.raises(BadDeltaError):
            await applier.apply_deltas(LINEAGE, [delta(source, "UPDATE users SET balance = 9")])


async def caught_up(
    applier: ApplierProcess, source: PageSource, tmp_path: Path, data: bytes
) -> Position | None:
    """Where the replica is after the same delta again, or the file where that is refused."""
    try:
        return (await applier.apply_deltas(LINEAGE, [data])).position
    except BadDeltaError:
        txid = source.txid
        fetched = logged(tmp_path, txid, txid)
        fetched.parent.mkdir(parents=True, exist_ok=True)
        fetched.write_bytes(source.encode(txid, txid))
        return (await applier.apply(LINEAGE, txid)).position


async def test_kills_while_deltas_are_applied_lose_nothing(
    source: PageSource, tmp_path: Path
) -> None:
    applier = ApplierProcess(replica_path=tmp_path / "replica.db", mirror=tmp_path / "mirror")
    async with running(applier):
        await applier.apply(LINEAGE)
        for number in range(25):
            data = delta(source, f"UPDATE users SET balance = {number} WHERE rowid % 3 = 0")
            kill = asyncio.get_running_loop().call_later(number * 0.0002, applier.child.kill)
            with suppress(ChildNotRunningError):
                await applier.apply_deltas(LINEAGE, [data])
            kill.cancel()
            assert await caught_up(applier, source, tmp_path, data) == at(source.txid)
            assert same(tmp_path, source.images[-1])


async def test_deltas_that_wait_together_become_one_step_and_one_file(
    applier: ApplierProcess, source: PageSource, tmp_path: Path
) -> None:
    deltas = [
        delta(source, change)
        for change in (
            "UPDATE users SET balance = 9 WHERE name = 'user 8'",
            "CREATE TABLE large AS SELECT hex(randomblob(30000)) AS x FROM users LIMIT 5",
            "DROP TABLE large",
            "VACUUM",
            "DELETE FROM users WHERE balance > 300",
            "VACUUM",
            "INSERT INTO users SELECT name || '!', 1 FROM users",
            "CREATE TABLE again AS SELECT zeroblob(50000) AS x",
            "UPDATE users SET balance = 10",
        )
    ]
    applied = await applier.apply_deltas(LINEAGE, deltas)
    assert (applied.position, applied.files) == (at(source.txid), 1)
    assert logged(tmp_path, 3, source.txid).exists()
    assert same(tmp_path, source.images[-1])


async def test_of_a_chain_only_what_the_replica_lacks_is_applied(
    applier: ApplierProcess, source: PageSource, tmp_path: Path
) -> None:
    first = delta(source, "UPDATE users SET balance = 9")
    second = delta(source, "UPDATE users SET balance = 10")
    await applier.apply_deltas(LINEAGE, [first])
    assert (await applier.apply_deltas(LINEAGE, [first, second])).position == at(4)
    assert same(tmp_path, source.images[4])


async def test_a_chain_with_one_bad_delta_is_refused_as_a_whole(
    applier: ApplierProcess, source: PageSource, tmp_path: Path
) -> None:
    first = delta(source, "UPDATE users SET balance = 9")
    second = delta(source, "UPDATE users SET balance = 10")
    with pytest.raises(BadDeltaError):
        await applier.apply_deltas(LINEAGE, [first, second[:-1] + b"?"])
    assert (await applier.apply(LINEAGE)).position == at(2)
    assert same(tmp_path, source.images[2])
