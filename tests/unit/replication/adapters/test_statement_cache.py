"""A statement is compiled once per process, whichever file it is for."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pysqlite3.dbapi2 as sqlite
from sqlalchemy import text

from replication.adapters.statement_cache import COMPILED, one_connection

if TYPE_CHECKING:
    from pathlib import Path


def test_two_files_share_what_one_of_them_compiled(tmp_path: Path) -> None:
    statement = text("SELECT 'asked of two files', :number")
    with ExitStack() as stack:
        for name in ("one.db", "other.db"):
            engine = one_connection(lambda name=name: sqlite.connect(str(tmp_path / name)))  # type: ignore[misc]
            stack.callback(engine.dispose)
            with engine.connect() as connection:
                assert connection.execute(statement, {"number": 7}).one()[1] == 7
    of_it = [key for key in COMPILED if "asked of two files" in str(key)]
    assert len(of_it) == 1
