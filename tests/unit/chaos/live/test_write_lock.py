"""The lock of SQLite's writer, held by somebody who is no SQLite."""

from __future__ import annotations

import sys
from subprocess import PIPE, Popen, run
from typing import TYPE_CHECKING

import pytest

from chaos.errors import ChaosError
from chaos.live.write_lock import write_lock

if TYPE_CHECKING:
    from pathlib import Path

WRITE = """
import sys, pysqlite3.dbapi2 as sqlite
file = sqlite.connect(sys.argv[1], timeout=0, isolation_level=None)
print(file.execute("SELECT count(*) FROM t").fetchone()[0])
file.execute("INSERT INTO t VALUES (1)")
"""
MAKE = "file.execute('PRAGMA journal_mode=WAL'); file.execute('CREATE TABLE t (a)')"
OPEN = "import sys, pysqlite3.dbapi2 as sqlite; file = sqlite.connect(sys.argv[1])"
STAY = f"{OPEN}; {MAKE}; print('made', flush=True); sys.stdin.read()"


def test_a_writer_is_kept_out_and_a_reader_is_not(tmp_path: Path) -> None:
    # A process that stays keeps the index of the WAL alive, as a server does.
    path = tmp_path / "file.db"
    with Popen([sys.executable, "-c", STAY, str(path)], stdin=PIPE, stdout=PIPE) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"made\n"
        write = [sys.executable, "-c", WRITE, str(path)]
        with write_lock(path):
            refused = run(write, capture_output=True, text=True, check=False)
        assert refused.stdout == "0\n"
        assert "database is locked" in refused.stderr
        assert run(write, capture_output=True, check=False).returncode == 0


def test_a_file_that_nobody_has_open_cannot_be_locked(tmp_path: Path) -> None:
    with pytest.raises(ChaosError, match="Nobody has"), write_lock(tmp_path / "file.db"):
        pass
