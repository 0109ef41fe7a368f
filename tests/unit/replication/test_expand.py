"""A file of an older version gets what it lacks, and keeps what it has."""

from pathlib import Path

from sqlalchemy import Boolean, Column, Index, Integer, MetaData, Table, Text, inspect, select

from replication.adapters.sqlite_file import SqliteFile


def schema(*more: Column[object]) -> tuple[MetaData, Table]:
    metadata = MetaData()
    return metadata, Table("printers", metadata, Column("name", Text, primary_key=True), *more)


def test_an_older_file_gets_new_tables_columns_and_indexes_and_keeps_its_rows(
    tmp_path: Path,
) -> None:
    old, printers = schema()
    file = SqliteFile(tmp_path / "a.db", old)
    file.write_now(lambda connection: connection.execute(printers.insert(), {"name": "oslo"}))
    file.close()

    new, printers = schema(
        Column("enabled", Boolean, nullable=False, server_default="1"), Column("seen_ms", Integer)
    )
    Index("ix_printers_seen_ms", printers.c.seen_ms)
    Table("sites", new, Column("name", Text, primary_key=True))
    file = SqliteFile(tmp_path / "a.db", new)
    with file.read() as connection:
        rows = [tuple(row) for row in connection.execute(select(printers))]
        sites = connection.execute(select(new.tables["sites"])).all()
        indexes = [index["name"] for index in inspect(connection).get_indexes("printers")]
    file.close()

    assert rows == [("oslo", True, None)]
    assert sites == []
    assert indexes == ["ix_printers_seen_ms"]


def test_a_newer_file_is_left_as_it_is(tmp_path: Path) -> None:
    new, printers = schema(Column("seen_ms", Integer))
    file = SqliteFile(tmp_path / "a.db", new)
    file.write_now(lambda connection: connection.execute(printers.insert(), {"name": "oslo"}))
    file.close()

    old, _ = schema()
    SqliteFile(tmp_path / "a.db", old).close()

    file = SqliteFile(tmp_path / "a.db", new)
    with file.read() as connection:
        assert connection.execute(select(printers)).all() == [("oslo", None)]
    file.close()
