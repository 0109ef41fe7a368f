"""Prints every page of a database as SQLite sees it, WAL included: python database_pages.py FILE.

A program of its own: only sqlean has `sqlite_dbpage`, and a test that reads the same file with
pysqlite3 must not open it with another SQLite library.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import sqlean

CHANGED_BY_SQLITE = (*range(24, 28), *range(72, 100))
"""Bytes of page 1 that each SQLite writes for itself, and the applier's stamp."""


def database_image(path: Path) -> bytes:
    """The pages of a sound database, one after the other, read by a process of its own."""
    command = [sys.executable, __file__, str(path)]
    return comparable(subprocess.run(command, capture_output=True, check=True).stdout)


def comparable(image: bytes) -> bytes:
    """An image without the bytes that each SQLite writes for itself."""
    copy = bytearray(image)
    for at in CHANGED_BY_SQLITE:
        copy[at] = 0
    return bytes(copy)


def main() -> None:
    uri = f"{Path(sys.argv[1]).as_uri()}?mode=ro"
    with closing(sqlean.connect(uri, uri=True, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
        if verdict != "ok":
            sys.exit(f"{sys.argv[1]}: {verdict}")
        for (page,) in connection.execute("SELECT data FROM sqlite_dbpage ORDER BY pgno"):
            sys.stdout.buffer.write(page)


if __name__ == "__main__":
    main()
