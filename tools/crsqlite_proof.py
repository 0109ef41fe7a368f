"""Merges two databases both ways with an extension: `python -m tools.crsqlite_proof PATH`.

Runs as a process of its own, so that a library that crashes takes nothing else along. Exit status 0
when both databases end with the same rows, whoever wrote what.
"""

import sys
import tempfile
from contextlib import closing
from pathlib import Path

from pysqlite3 import dbapi2

COLUMNS = '"table", "pk", "cid", "val", "col_version", "db_version", "site_id", "cl", "seq"'
EXPECTED = [(1, "here again", 0), (2, "there", 7), (3, "here", 0), (4, "there", 0)]


def main() -> int:
    """Print what was proved; exit status 1 with the two tables when they differ."""
    library = Path(sys.argv[1]).resolve()
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(_opened(Path(folder) / "here.db", library)) as here,
        closing(_opened(Path(folder) / "there.db", library)) as there,
    ):
        _write(here, "INSERT INTO notes (id, text) VALUES (1, 'here'), (2, 'here'), (3, 'here')")
        _merge(here, there)
        _write(there, "UPDATE notes SET text = 'there', amount = 7 WHERE id = 2")
        _write(there, "INSERT INTO notes (id, text) VALUES (4, 'there')")
        _write(here, "UPDATE notes SET text = 'here again' WHERE id = 1")
        for _ in range(2):  # the second round must change nothing
            _merge(here, there)
            _merge(there, here)
        tables = [_rows(here), _rows(there)]
        for connection in (here, there):
            connection.execute("SELECT crsql_finalize()")
    if tables != [EXPECTED, EXPECTED]:
        print(f"the two databases differ after the merge: {tables}", file=sys.stderr)
        return 1
    print(f"merged both ways with SQLite {dbapi2.sqlite_version}")
    return 0


def _opened(path: Path, library: Path) -> dbapi2.Connection:
    connection = dbapi2.connect(str(path))
    connection.enable_load_extension(True)  # noqa: FBT003  the driver takes it by position only
    connection.load_extension(str(library))
    connection.execute(
        "CREATE TABLE notes (id INTEGER PRIMARY KEY NOT NULL, text TEXT NOT NULL DEFAULT '', "
        "amount INTEGER NOT NULL DEFAULT 0)"
    )
    connection.execute("SELECT crsql_as_crr('main', 'notes')")
    return connection


def _write(connection: dbapi2.Connection, statement: str) -> None:
    with connection:
        connection.execute(statement)


def _merge(giver: dbapi2.Connection, taker: dbapi2.Connection) -> None:
    changes = giver.execute(f"SELECT {COLUMNS} FROM crsql_changes").fetchall()  # noqa: S608  our constant
    with taker:
        taker.executemany(
            f"INSERT INTO crsql_changes ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            changes,
        )


def _rows(connection: dbapi2.Connection) -> list[tuple[int, str, int]]:
    return list(connection.execute("SELECT id, text, amount FROM notes ORDER BY id"))


if __name__ == "__main__":
    sys.exit(main())
