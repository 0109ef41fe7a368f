"""litestream's own copies go once the store has them; its newest stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from replication.adapters.litestream_local import KEPT_TXIDS, TIDY_TXIDS, LocalFiles
from replication.manifest import LtxName

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / ".directory.db-litestream"
    for txid in range(1, 301):
        path = made / str(LtxName(level=0, min_txid=txid, max_txid=txid))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return made


def left(folder: Path) -> list[int]:
    return sorted(int(path.stem.partition("-")[2], 16) for path in folder.glob("ltx/0/*.ltx"))


def local(tmp_path: Path, kept_ms: int = 0) -> LocalFiles:
    return LocalFiles(tmp_path / "directory.db", kept_ms=kept_ms)


def test_what_the_store_has_goes_but_for_the_newest(tmp_path: Path, folder: Path) -> None:
    files = local(tmp_path)
    useless = files.useless_to(290, 1000.0)
    assert useless == 290 - KEPT_TXIDS
    files.delete_to(useless)
    assert left(folder) == list(range(useless + 1, 301))


def test_it_looks_again_only_after_a_while(tmp_path: Path) -> None:
    files = local(tmp_path)
    assert files.useless_to(290, 1000.0)
    assert files.useless_to(290 + TIDY_TXIDS - 1, 2000.0) == 0
    assert files.useless_to(290 + TIDY_TXIDS, 2000.0) == 290 + TIDY_TXIDS - KEPT_TXIDS


def test_a_young_directory_loses_nothing(tmp_path: Path, folder: Path) -> None:
    files = local(tmp_path)
    assert files.useless_to(KEPT_TXIDS, 1000.0) <= 0
    files.delete_to(files.useless_to(0, 1000.0))
    assert len(left(folder)) == 300


def test_where_the_store_is_no_folder_files_stay_for_the_compaction(tmp_path: Path) -> None:
    files = local(tmp_path, kept_ms=90_000)
    assert files.useless_to(100, 1000.0) == 0
    assert files.useless_to(200, 1060.0) == 0
    assert files.useless_to(300, 1095.0) == 100 - KEPT_TXIDS
    assert files.useless_to(400, 1200.0) == 300 - KEPT_TXIDS


def test_a_store_that_went_back_begins_anew(tmp_path: Path) -> None:
    files = local(tmp_path, kept_ms=90_000)
    files.useless_to(500, 1000.0)
    assert files.useless_to(80, 1050.0) == 0
    assert files.useless_to(300, 1095.0) == 0
    assert files.useless_to(400, 1141.0) == 80 - KEPT_TXIDS


def test_other_levels_and_other_names_are_left_alone(tmp_path: Path, folder: Path) -> None:
    higher = folder / str(LtxName(level=1, min_txid=1, max_txid=9))
    higher.parent.mkdir()
    unfinished = folder / "ltx" / "0" / "0000000000000001-0000000000000001.ltx.tmp"
    for path in (higher, unfinished):
        path.touch()
    local(tmp_path).delete_to(400)
    assert left(folder) == []
    assert higher.exists()
    assert unfinished.exists()
