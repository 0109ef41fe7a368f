"""An applier that stops before what its site cannot read, and goes on once it can."""
# ruff: noqa: S608 - the statements are this test's own

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from replication.adapters.applier_process import ApplierProcess
from replication.page_delta import Step, make_delta
from tests.unit.replication.adapters.page_source import LINEAGE, PageSource
from tests.unit.replication.adapters.running_applier import at, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TABLE = "CREATE TABLE heartbeat (id INTEGER PRIMARY KEY, lineage TEXT, wall_ms INT, min_reader INT)"


def beat(min_reader: int) -> str:
    return f"UPDATE heartbeat SET min_reader = {min_reader}"


@contextmanager
def source_in(folder: Path) -> Iterator[PageSource]:
    """Five transactions; from the fourth on a reader must know version 3."""
    with PageSource(folder / "directory.db", folder / "mirror" / LINEAGE) as source:
        source.commit(TABLE, f"INSERT INTO heartbeat VALUES (1, '{LINEAGE}', 0, 1)")
        source.write(0, 1, 1)
        for txid, statement in enumerate(
            (
                "CREATE TABLE users (name)",
                "INSERT INTO users VALUES ('ada')",
                beat(3),
                "DROP TABLE users",
            ),
            start=2,
        ):
            source.commit(statement)
            source.write(0, txid, txid)
        yield source


def applier_in(folder: Path, reader: int) -> ApplierProcess:
    return ApplierProcess(
        replica_path=folder / "replica.db", mirror=folder / "mirror", reader=reader
    )


async def test_a_merged_batch_ends_before_the_first_transaction_that_is_too_new(
    tmp_path: Path,
) -> None:
    with source_in(tmp_path):
        async with running(applier_in(tmp_path, 1)) as applier:
            applied = await applier.apply(LINEAGE, 5)
            assert (applied.position, applied.needs_reader) == (at(3), 3)
            assert (applied.files, applied.gap) == (3, None)
            again = await applier.apply(LINEAGE, 5)
            assert (again.position, again.files, again.needs_reader) == (at(3), 0, 3)
            anew = await applier.rebuild(LINEAGE, "20280101T000000Z")
            assert anew.position == at(3)
        async with running(applier_in(tmp_path, 3)) as upgraded:
            applied = await upgraded.apply(LINEAGE, 5)
            assert (applied.position, applied.needs_reader) == (at(5), None)


async def test_a_compacted_file_that_is_too_new_gives_way_to_smaller_ones(tmp_path: Path) -> None:
    with source_in(tmp_path) as source:
        source.write(9, 1, 5)
        async with running(applier_in(tmp_path, 1)) as applier:
            applied = await applier.apply(LINEAGE)
            assert (applied.position, applied.needs_reader) == (at(3), 3)


async def test_a_new_site_that_is_too_old_applies_nothing(tmp_path: Path) -> None:
    with PageSource(tmp_path / "directory.db", tmp_path / "mirror" / LINEAGE) as source:
        source.commit(TABLE, f"INSERT INTO heartbeat VALUES (1, '{LINEAGE}', 0, 3)")
        source.write(9, 1, 1)
        async with running(applier_in(tmp_path, 1)) as applier:
            applied = await applier.apply(LINEAGE)
            assert (applied.position, applied.needs_reader, applied.gap) == (None, 3, None)


async def test_page_deltas_end_there_too(tmp_path: Path) -> None:
    with PageSource(tmp_path / "directory.db", tmp_path / "mirror" / LINEAGE) as source:
        source.commit(TABLE, f"INSERT INTO heartbeat VALUES (1, '{LINEAGE}', 0, 1)")
        source.write(0, 1, 1)
        deltas = []
        for txid, min_reader in ((2, 1), (3, 3)):
            source.commit(f"UPDATE heartbeat SET wall_ms = {txid}, min_reader = {min_reader}")
            deltas.append(step_to(source, txid))
        async with running(applier_in(tmp_path, 1)) as applier:
            await applier.apply(LINEAGE)
            applied = await applier.apply_deltas(LINEAGE, deltas)
            assert (applied.position, applied.needs_reader) == (at(2), 3)


def step_to(source: PageSource, txid: int) -> bytes:
    old, new = source.pages(txid - 1), source.pages(txid)
    step = Step(
        page_size=source.page_size,
        base_txid=txid - 1,
        base_commit=len(old),
        txid=txid,
        commit=len(new),
        timestamp_ms=1,
    )
    changed = [(n, page) for n, page in new.items() if page != old.get(n)]
    return make_delta(step, changed, lambda n: old[n])
