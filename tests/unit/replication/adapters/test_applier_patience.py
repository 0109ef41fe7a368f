"""How long the applier may take, and how its work is seen from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replication.adapters.applier_process import (
    APPLY_TIMEOUT_MS,
    SLOW_BYTES_PER_MS,
    ApplierProcess,
)
from replication.adapters.ltx_folder import ltx_path
from replication.manifest import LEVEL_SNAPSHOT, LtxName
from tests.unit.replication.adapters.page_source import LINEAGE

if TYPE_CHECKING:
    from pathlib import Path

MUCH_BYTES = 50 * 2**30


def applier_of(folder: Path) -> ApplierProcess:
    return ApplierProcess(replica_path=folder / "replica.db", mirror=folder / "mirror")


def put_sparse(path: Path, size_bytes: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(size_bytes)


def test_an_applier_that_has_much_to_do_gets_the_time_for_it(tmp_path: Path) -> None:
    applier = applier_of(tmp_path)
    assert applier.patience_ms() == APPLY_TIMEOUT_MS
    name = LtxName(level=LEVEL_SNAPSHOT, min_txid=1, max_txid=5)
    put_sparse(ltx_path(tmp_path / "mirror" / LINEAGE, name), MUCH_BYTES)
    put_sparse(tmp_path / "replica.db", MUCH_BYTES)
    assert applier.patience_ms() == APPLY_TIMEOUT_MS + 2 * MUCH_BYTES // SLOW_BYTES_PER_MS


def test_what_is_being_written_is_seen(tmp_path: Path) -> None:
    applier = applier_of(tmp_path)
    assert applier.written_bytes() == 0
    for number, suffix in enumerate(("", "-wal", ".new", ".new-wal"), start=1):
        put_sparse(tmp_path / f"replica.db{suffix}", number)
    assert applier.written_bytes() == 10
