"""Readers of one row at both ends, as long-lived or as fresh as they have to be."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Final

import pysqlite3.dbapi2 as sqlite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

QUERY: Final = "SELECT full_name FROM users WHERE user_name = 'ada'"


def reader_of(path: Path) -> Callable[[], str | None]:
    """A long-lived read-only connection, as the site's own; for any thread, one at a time."""
    connection = sqlite.connect(
        f"file:{path}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
    )

    def look() -> str | None:
        row = connection.execute(QUERY).fetchone()
        return None if row is None else str(row[0])

    return look


def reopening_reader_of(path: Path) -> Callable[[], str | None]:
    """Open, query, close: the only way to read what `restore -f` writes under its readers."""

    def look() -> str | None:
        try:
            with closing(sqlite.connect(f"file:{path}?mode=ro", uri=True, timeout=0)) as connection:
                row = connection.execute(QUERY).fetchone()
        except sqlite.Error:
            return None
        return None if row is None else str(row[0])

    return look


def number_in(look: Callable[[], str | None]) -> Callable[[], int]:
    """The number that a reader finds; 0 where there is none yet."""

    def number() -> int:
        value = look()
        return int(value) if value is not None and value.isdecimal() else 0

    return number
