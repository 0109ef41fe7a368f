"""The heartbeat row is found in bare pages, however the schema grew around it."""
# ruff: noqa: S608 - the statements are this test's own

from __future__ import annotations

from typing import TYPE_CHECKING

import pysqlite3.dbapi2 as sqlite
import pytest

from replication.heart_page import MIN_READER_COLUMN, HeartPage
from replication.schema.directory import heartbeat

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEART = "CREATE TABLE heartbeat (id INTEGER PRIMARY KEY, lineage TEXT, wall_ms INT, min_reader INT"


def made(path: Path, page_size: int, *statements: str) -> None:
    connection = sqlite.connect(str(path), isolation_level=None)
    connection.execute(f"PRAGMA page_size={page_size}")
    for statement in statements:
        connection.execute(statement)
    connection.close()


def pages_of(path: Path) -> Callable[[int], bytes]:
    data = path.read_bytes()
    size = int.from_bytes(data[16:18], "big")
    size = 65_536 if size == 1 else size
    return lambda number: data[(number - 1) * size : number * size]


def beat(min_reader: int) -> str:
    return f"INSERT INTO heartbeat VALUES (1, '{'0' * 32}', 1800000000000, {min_reader}, 'EUR')"


@pytest.mark.parametrize("page_size", [512, 4_096, 65_536])
@pytest.mark.parametrize("min_reader", [0, 1, 2, 300, 70_000, 2**40])
def test_it_is_found_among_many_tables(tmp_path: Path, page_size: int, min_reader: int) -> None:
    path = tmp_path / "d.db"
    others = [f"CREATE TABLE t{n} (a{''.join(f', c{m}' for m in range(n))})" for n in range(90)]
    made(path, page_size, *others, f"{HEART}, currency TEXT)", beat(min_reader))
    assert HeartPage().min_reader(pages_of(path)) == min_reader


def test_it_is_found_again_after_the_schema_was_made_anew(tmp_path: Path) -> None:
    heart = HeartPage()
    before, after = tmp_path / "a.db", tmp_path / "b.db"
    made(before, 512, f"{HEART}, currency TEXT)", beat(1))
    long = (
        f"{HEART}, currency TEXT, {', '.join(f'a_long_name_of_a_column_{n}' for n in range(60))})"
    )
    values = beat(3)[:-1] + ", NULL" * 60 + ")"
    made(after, 512, "CREATE TABLE t (a)", "INSERT INTO t VALUES (zeroblob(5000))", long, values)
    assert heart.min_reader(pages_of(before)) == 1
    assert heart.min_reader(pages_of(after)) == 3


def test_a_database_without_a_heartbeat_asks_for_nothing(tmp_path: Path) -> None:
    empty, other = tmp_path / "a.db", tmp_path / "b.db"
    made(empty, 512, f"{HEART}, currency TEXT)")
    made(other, 512, "CREATE TABLE users (a)")
    assert HeartPage().min_reader(pages_of(empty)) is None
    assert HeartPage().min_reader(pages_of(other)) is None


def test_the_column_stands_where_it_is_looked_for() -> None:
    assert [column.name for column in heartbeat.columns].index("min_reader") == MIN_READER_COLUMN
