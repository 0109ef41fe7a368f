"""A replica that is not sound: found by its pages, set aside, made anew from the mirror alone."""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING, Final

import pytest
import pytest_asyncio
from sqlalchemy import text

from replication.adapters.applier.position_file import store_position
from replication.adapters.applier_process import DAMAGED, ApplierError, ApplierProcess
from replication.adapters.ltx_folder import ltx_path
from replication.adapters.replica import Replica
from replication.manifest import LtxName
from replication.position import NOWHERE
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
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

WHEN: Final = "20261120T120000Z"
PAGE: Final = 1024
COUNT: Final = text("SELECT count(*) FROM users")


@pytest.fixture
def source(tmp_path: Path) -> Iterator[PageSource]:
    with users_source(tmp_path) as source:
        fill(source, 500)
        source.write(0, 2, 2)
        yield source


@pytest_asyncio.fixture
async def applier(tmp_path: Path, source: PageSource) -> AsyncIterator[ApplierProcess]:
    """One that starts anew over a replica which its former life had filled and closed."""
    assert source.txid == 2
    async with an_applier(tmp_path) as former:
        await former.apply(LINEAGE)
    async with an_applier(tmp_path) as applier:
        yield applier


def flip(replica: Path) -> None:
    """A row says something else now, in a page that is well formed."""
    data = replica.read_bytes()
    assert b"user 77" in data
    replica.write_bytes(data.replace(b"user 77", b"user 7Z"))


def flip_structure(replica: Path) -> None:
    data = bytearray(replica.read_bytes())
    middle = len(data) // PAGE // 2 * PAGE
    data[middle : middle + 8] = b"\xff" * 8
    replica.write_bytes(bytes(data))


def truncate(replica: Path) -> None:
    os.truncate(replica, replica.stat().st_size // 2 + 100)


def empty(replica: Path) -> None:
    os.truncate(replica, 0)


def noise(replica: Path) -> None:
    replica.write_bytes(os.urandom(replica.stat().st_size))


def alien(replica: Path) -> None:
    with PageSource(replica.with_name("alien.db"), replica.parent / "alien", page_size=4096) as one:
        one.commit("CREATE TABLE users (name)")
        replica.write_bytes(one.images[1])


async def test_a_sound_replica_is_proved(applier: ApplierProcess) -> None:
    proof = await applier.prove()
    assert proof.damage == ""
    assert proof.refused == ()


async def test_where_there_is_none_yet_nothing_speaks_against_it(tmp_path: Path) -> None:
    (tmp_path / "mirror").mkdir()
    async with an_applier(tmp_path) as applier:
        assert (await applier.prove()).damage == ""


@pytest.mark.parametrize("spoil", [flip, flip_structure, truncate, noise, alien])
async def test_damage_is_found_and_healed_from_the_mirror(
    applier: ApplierProcess, source: PageSource, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    replica = tmp_path / "replica.db"
    spoil(replica)
    spoiled = replica.read_bytes()
    assert (await applier.prove()).damage != ""
    healed = await applier.rebuild(LINEAGE, WHEN)
    assert healed.position == at(2)
    assert same(tmp_path, source.images[2])
    assert (await applier.prove()).damage == ""
    kept = tmp_path / f"replica.db.damaged-{WHEN}"
    assert len(kept.read_bytes()) == len(spoiled)
    assert not list(tmp_path.glob("replica.db.new*"))
    source.write(0, source.commit("INSERT INTO users VALUES ('anna', 5)"), 3)
    assert (await applier.apply(LINEAGE, 3)).position == at(3)
    assert same(tmp_path, source.images[3])


async def test_a_file_without_a_page_is_filled_again(
    applier: ApplierProcess, source: PageSource, tmp_path: Path
) -> None:
    empty(tmp_path / "replica.db")
    assert (await applier.prove()).damage == ""
    assert (await applier.apply(LINEAGE)).position == at(2)
    assert same(tmp_path, source.images[2])


async def test_only_the_newest_damaged_file_is_kept(
    applier: ApplierProcess, tmp_path: Path
) -> None:
    for second in range(3):
        noise(tmp_path / "replica.db")
        await applier.rebuild(LINEAGE, f"20261120T12000{second}Z")
    kept = [each.name for each in tmp_path.glob("replica.db.damaged-*")]
    assert kept == ["replica.db.damaged-20261120T120002Z"]


async def test_a_damaged_replica_without_a_mirror_is_not_read_on(
    applier: ApplierProcess, source: PageSource, tmp_path: Path
) -> None:
    noise(tmp_path / "replica.db")
    for txid in (1, 2):
        ltx_path(source.root, LtxName(level=0, min_txid=txid, max_txid=txid)).unlink()
    healed = await applier.rebuild(LINEAGE, WHEN)
    assert healed.position is None
    assert not (tmp_path / "replica.db").exists()
    assert not (tmp_path / "replica.position").exists()
    for txid in (1, 2):
        source.write(0, txid, txid)
    assert (await applier.apply(LINEAGE)).position == at(2)


async def test_a_mirror_with_a_hole_heals_as_far_as_it_leads(
    applier: ApplierProcess, source: PageSource, tmp_path: Path
) -> None:
    noise(tmp_path / "replica.db")
    ltx_path(source.root, LtxName(level=0, min_txid=2, max_txid=2)).unlink()
    assert (await applier.rebuild(LINEAGE, WHEN)).position == at(1)
    assert same(tmp_path, source.images[1])


async def test_a_damaged_file_of_the_mirror_is_named_and_no_damage_of_the_replica(
    applier: ApplierProcess, source: PageSource
) -> None:
    name = LtxName(level=0, min_txid=1, max_txid=1)
    path = ltx_path(source.root, name)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    proof = await applier.prove()
    assert proof.damage == ""
    assert proof.refused == (str(name),)


async def test_pages_newer_than_the_position_are_no_damage(
    applier: ApplierProcess, source: PageSource, tmp_path: Path
) -> None:
    """A kill between the commit and the position."""
    source.write(0, source.commit("DELETE FROM users"), 3)
    await applier.apply(LINEAGE, 3)
    ltx_path(source.root, LtxName(level=0, min_txid=3, max_txid=3)).unlink()
    applier.child.kill()
    store_position(tmp_path / "replica.position", at(2))
    assert (await applier.prove()).damage == ""


async def test_a_cut_database_that_grew_again_is_proved(
    applier: ApplierProcess, source: PageSource
) -> None:
    source.write(0, source.commit("DELETE FROM users"), 3)
    source.write(0, source.commit("VACUUM"), 4)
    fill(source, 700)
    source.write(0, 5, 5)
    await applier.apply(LINEAGE)
    assert (await applier.prove()).damage == ""


async def test_another_page_size_is_followed_beside_the_old_replica(
    applier: ApplierProcess, source: PageSource, tmp_path: Path
) -> None:
    with PageSource(tmp_path / "new.db", tmp_path / "mirror" / OTHER, page_size=4096) as new:
        new.commit("CREATE TABLE other (a)")
        new.write(9, 1, 1)
        assert (await applier.rebuild(OTHER)).position == at(1, OTHER)
        assert same(tmp_path, new.images[1])
    assert not list(tmp_path.glob("replica.db.damaged-*"))
    assert source.page_size == PAGE


async def test_a_sound_replica_stays_where_the_mirror_does_not_lead_to_its_end(
    applier: ApplierProcess, source: PageSource, tmp_path: Path
) -> None:
    source.commit("DELETE FROM users")
    source.commit("INSERT INTO users VALUES ('anna', 5)")
    source.write(0, 4, 4)
    made = await applier.rebuild(LINEAGE)
    assert made.position is None
    assert made.gap is not None
    assert same(tmp_path, source.images[2])
    assert (await applier.prove()).damage == ""


async def test_a_reader_goes_from_the_old_to_the_new_without_a_moment_between(
    applier: ApplierProcess, source: PageSource, tmp_path: Path
) -> None:
    with closing(Replica(tmp_path / "replica.db")) as reader:
        with reader.snapshot() as connection:
            assert connection.execute(COUNT).scalar() == 500
        source.write(0, source.commit("INSERT INTO users VALUES ('anna', 5)"), 3)
        await applier.apply(LINEAGE, 3)
        for _ in range(3):
            await applier.rebuild(LINEAGE)
            assert reader.ready
            with reader.snapshot() as connection:
                assert connection.execute(COUNT).scalar() == 501
        assert reader.position == at(3)


async def test_a_crash_in_the_middle_of_the_switch_leaves_one_that_is_written_anew(
    source: PageSource, tmp_path: Path
) -> None:
    async with an_applier(tmp_path) as former:
        await former.apply(LINEAGE)
    store_position(tmp_path / "replica.position", NOWHERE)
    with closing(Replica(tmp_path / "replica.db")) as reader:
        assert reader.ready
    async with an_applier(tmp_path) as applier:
        assert (await applier.apply(LINEAGE)).position == at(2)
    assert same(tmp_path, source.images[2])


async def test_what_sqlite_finds_while_applying_is_told_as_damage(
    applier: ApplierProcess, source: PageSource, tmp_path: Path
) -> None:
    noise(tmp_path / "replica.db")
    source.write(0, source.commit("DELETE FROM users"), 3)
    with pytest.raises(ApplierError) as caught:
        await applier.apply(LINEAGE, 3)
    assert caught.value.kind == DAMAGED


async def test_a_damaged_replica_is_not_read_twice(applier: ApplierProcess, tmp_path: Path) -> None:
    noise(tmp_path / "replica.db")
    told: list[str] = []
    with closing(Replica(tmp_path / "replica.db")) as reader:
        reader.on_damage = lambda: told.append("damage")
        assert reader.ready
        with pytest.raises(Exception, match="cannot be"), reader.snapshot() as connection:
            connection.execute(COUNT)
        assert told == ["damage"]
        assert not reader.ready
        await applier.rebuild(LINEAGE, WHEN)
        assert reader.ready
        with reader.snapshot() as connection:
            assert connection.execute(COUNT).scalar() == 500


async def test_rebuilding_twice_does_no_harm(
    applier: ApplierProcess, source: PageSource, tmp_path: Path
) -> None:
    await applier.rebuild(LINEAGE)
    await applier.rebuild(LINEAGE)
    assert same(tmp_path, source.images[2])
    async with running(
        ApplierProcess(replica_path=tmp_path / "replica.db", mirror=tmp_path / "mirror")
    ):
        pass
