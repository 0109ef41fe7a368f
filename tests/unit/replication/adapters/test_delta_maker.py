"""One delta over any distance that the store still knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from replication.adapters.delta_maker import NoDeltaError, delta_between
from replication.adapters.ltx_folder import ltx_path
from replication.errors import ReplicationError
from replication.manifest import LtxName
from tests.unit.replication.adapters.test_shadow import led, source_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.replication.adapters.page_source import PageSource

CHANGES = (
    "UPDATE users SET balance = balance + 1 WHERE rowid < 50",
    "CREATE TABLE more AS SELECT name || ' again' AS name FROM users",
    "DELETE FROM users WHERE balance > 200",
    "CREATE INDEX by_balance ON users (balance)",
    "DROP TABLE more",
    "VACUUM",
    "INSERT INTO users SELECT name || '!', 1 FROM users",
    "UPDATE users SET balance = 5 WHERE rowid > 80",
)


@pytest.fixture
def source(tmp_path: Path) -> Iterator[PageSource]:
    with source_in(tmp_path) as source:
        for change in CHANGES:
            source.commit(change)
        yield source


@pytest.mark.parametrize("base_txid", range(1, 10))
def test_from_any_txid_to_the_head(source: PageSource, base_txid: int) -> None:
    for txid in range(3, 11):
        source.write(0, txid, txid)
    data = delta_between(source.root, base_txid, 10)
    assert led(data, source) == source.pages(10)
    assert len(data) < source.page_size * len(source.pages(10))


def test_from_files_of_any_level(source: PageSource) -> None:
    for low, high in ((3, 3), (4, 4), (9, 9), (10, 10)):
        source.write(0, low, high)
    source.write(1, 4, 8)
    source.write(9, 1, 4)
    assert led(delta_between(source.root, 4, 10), source) == source.pages(10)


@pytest.mark.parametrize(
    ("base_txid", "txid"),
    [(5, 10), (2, 9), (4, 11)],
    ids=["nobody knows the base any more", "no file ends there", "beyond the head"],
)
def test_where_the_store_does_not_know_there_is_none(
    source: PageSource, base_txid: int, txid: int
) -> None:
    for low, high in ((3, 3), (4, 4)):
        source.write(0, low, high)
    source.write(1, 5, 10)
    with pytest.raises(NoDeltaError):
        delta_between(source.root, base_txid, txid)


def test_new_images_come_from_proved_files_only(source: PageSource) -> None:
    for txid in range(3, 11):
        source.write(0, txid, txid)
    path = ltx_path(source.root, LtxName(level=0, min_txid=9, max_txid=9))
    damaged = bytearray(path.read_bytes())
    damaged[-1] ^= 1
    path.write_bytes(bytes(damaged))
    with pytest.raises(ReplicationError):
        delta_between(source.root, 4, 10)
