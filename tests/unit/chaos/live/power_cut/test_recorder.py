from __future__ import annotations

import os
import signal
import subprocess
import sys
from random import Random
from typing import TYPE_CHECKING

import pytest

from chaos.errors import ChaosError
from chaos.live.power_cut.disk import Disk
from chaos.live.power_cut.record import HEAD, Did, read_record
from chaos.live.power_cut.recorder import build_recorder, recording

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import os, sys
from pathlib import Path
root = Path(sys.argv[1])
(root / "deep").mkdir()
with open(root / "deep" / "a.part", "wb") as file:
    file.write(b"hello")
    file.flush()
    os.fsync(file.fileno())
os.replace(root / "deep" / "a.part", root / "deep" / "a")
os.chdir(root)
fd = os.open("b", os.O_RDWR | os.O_CREAT | os.O_APPEND)
os.write(fd, b"12345")
os.write(fd, b"67890")
os.pwrite(fd, b"", 0)
os.ftruncate(fd, 7)
os.close(fd)
(root / "c").write_bytes(b"x")
(root / "c").unlink()
(root / "x-shm").write_bytes(b"x")
(root.parent / "elsewhere").write_bytes(b"x")
print("done", flush=True)
"""
SQLITE = """
import sys
import {module} as sqlite
db = sqlite.connect(sys.argv[1] + "/a.db", isolation_level=None)
for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE t (a)",
                  "INSERT INTO t VALUES (zeroblob(100000))", "PRAGMA wal_checkpoint(TRUNCATE)",
                  "DELETE FROM t", "VACUUM", "PRAGMA wal_checkpoint", "INSERT INTO t VALUES (1)"):
    db.execute(statement).fetchall()
"""


class Recorded:
    """A folder and what a program did to it."""

    def __init__(self, folder: Path, program: str, kill_at: int | None = None) -> None:
        self.root = folder / "root"
        self.root.mkdir()
        log = folder / "record"
        environ = recording(build_recorder(folder), root=self.root, log=log, kill_at=kill_at)
        self.status = subprocess.run(
            [sys.executable, "-c", program, str(self.root)],
            env={**os.environ, **environ},
            check=False,
            stdout=subprocess.DEVNULL,
        ).returncode
        self.operations = list(read_record(log.read_bytes()))

    def settled(self) -> dict[str, bytes]:
        disk = Disk(self.root)
        for operation in self.operations:
            disk.do(operation)
        return disk.settled()

    def there(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file() and not path.name.endswith("-shm")
        }


def test_the_record_accounts_for_every_byte(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path, PROGRAM)
    assert recorded.status == 0
    assert recorded.settled() == recorded.there() == {"deep/a": b"hello", "b": b"1234567"}
    said = [one.first for one in recorded.operations if one.did is Did.SAID]
    assert b"".join(said) == b"done\n"


@pytest.mark.parametrize("module", ["sqlean", "pysqlite3.dbapi2"])
def test_it_sees_what_sqlite_inside_a_wheel_does(tmp_path: Path, module: str) -> None:
    recorded = Recorded(tmp_path, SQLITE.format(module=module))
    assert recorded.status == 0
    assert recorded.settled() == recorded.there()
    assert {"a.db"} <= recorded.settled().keys()
    assert sum(one.did is Did.SYNCED for one in recorded.operations) >= 8


def test_a_program_dies_just_before_the_operation_it_was_told(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path, PROGRAM, kill_at=4)
    assert recorded.status == -signal.SIGKILL
    assert [one.did for one in recorded.operations] == [Did.OPENED, Did.WROTE, Did.SYNCED]
    assert recorded.there() == {"deep/a.part": b"hello"}


def test_an_unsynced_commit_is_lost_in_some_images(tmp_path: Path) -> None:
    careless = SQLITE.replace("synchronous=FULL", "synchronous=OFF").format(module="sqlean")
    recorded = Recorded(tmp_path, careless)
    disk = Disk(recorded.root)
    for operation in recorded.operations:
        disk.do(operation)
    cuts = [disk.cut(Random(seed)) for seed in range(50)]
    assert any(cut != disk.settled() for cut in cuts)


def test_a_record_cut_off_in_the_middle_is_refused(tmp_path: Path) -> None:
    Recorded(tmp_path, PROGRAM)
    data = (tmp_path / "record").read_bytes()
    for short in (data[: HEAD.size - 1], data[: HEAD.size + 1]):
        with pytest.raises(ChaosError):
            list(read_record(short))
