"""What the applier refuses, and that the replica stays as it was."""
# ruff: noqa: S608 - the statements are this test's own

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from replication.adapters.applier_process import ApplierError, ApplierProcess
from replication.adapters.ltx_folder import ltx_path
from replication.manifest import LtxName
from tests.unit.replication.adapters.page_source import LINEAGE, PageSource
from tests.unit.replication.adapters.running_applier import (
    OTHER,
    an_applier,
    at,
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
    parts: dict[str, Any] = {"replica_path": tmp_path / "replica.db", "mirror": tmp_path / "mirror"}
    with PageSource(tmp_path / "directory.db", tmp_path / "mirror" / LINEAGE) as source:
        source.commit("CREATE TABLE a (b)")
        source.write(9, 1, 1)
    async with running(ApplierProcess(**parts)) as applier:
        with pytest.raises(ApplierError, match="set aside"):
            await applier.apply(LINEAGE)
