"""The disks of a simulation: what a power cut leaves of them, and what a full one takes.

The recorder stays in a process for its whole life, so each story has a process of its own.
"""

from __future__ import annotations

import errno
import multiprocessing
import os
import shutil
from random import Random
from typing import TYPE_CHECKING, TypeVar

import pysqlite3.dbapi2 as sqlite
import pytest

from chaos.errors import ChaosError
from chaos.sim.disks import UNBOUNDED, Disks, recorder
from replication.adapters.ltx_folder import sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")
CUTS = 40
ROWS = 5


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    recorder()
    return tmp_path


def in_a_process(story: Callable[[Path], T], folder: Path) -> T:
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(story, (folder,))


def begun(folder: Path, seed: int = 1) -> tuple[Disks, Path, Path]:
    """The disks, a machine, and the folder of the process on it."""
    disks = Disks(folder / "machines", folder / "record", Random(seed))
    machine = folder / "machines" / "oslo"
    disks.use(machine)
    data = machine / "1"
    data.mkdir(parents=True)
    disks.begin(machine, data)
    return disks, machine, data


def left_by_cuts(disks: Disks, machine: Path) -> list[dict[str, bytes]]:
    images = []
    for number in range(CUTS):
        left = machine / f"after {number}"
        left.mkdir()
        disks.power_cut(machine, left)
        images.append({each.name: each.read_bytes() for each in left.rglob("*") if each.is_file()})
    return images


def write_some(folder: Path) -> list[dict[str, bytes]]:
    disks, machine, data = begun(folder)
    (data / "empty").mkdir()
    with (data / "synced").open("wb") as file:
        file.write(b"s" * 2_000)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(data)
    (data / "careless").write_bytes(b"c" * 2_000)
    (data / "careless").rename(data / "renamed")
    images = left_by_cuts(disks, machine)
    assert all((machine / f"after {number}" / "empty").is_dir() for number in range(CUTS))
    return images


def test_what_was_synced_survives_and_the_rest_is_lost_kept_or_torn(folder: Path) -> None:
    images = in_a_process(write_some, folder)
    assert all(image["synced"] == b"s" * 2_000 for image in images)
    assert {name for image in images for name in image} == {"synced", "careless", "renamed"}
    assert len({image.get("renamed") for image in images}) > 3


def test_the_same_seed_leaves_the_same(tmp_path: Path) -> None:
    recorder()
    found = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        found.append(in_a_process(write_some, tmp_path / name))
    assert found[0] == found[1]


def commit_some(folder: Path) -> list[int]:
    disks, machine, data = begun(folder)
    database = sqlite.connect(str(data / "a.db"), isolation_level=None)
    for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE t (a)"):
        database.execute(statement)
    for _ in range(ROWS):
        database.execute("INSERT INTO t VALUES (zeroblob(3000))")
    left_by_cuts(disks, machine)
    found = []
    for number in range(CUTS):
        after = sqlite.connect(str(machine / f"after {number}" / "a.db"))
        found.append(after.execute("SELECT count(*) FROM t").fetchone()[0])
        after.close()
    return found


def test_every_commit_of_a_database_survives_each_cut(folder: Path) -> None:
    assert set(in_a_process(commit_some, folder)) == {ROWS}


def fill(folder: Path) -> list[object]:
    disks, machine, data = begun(folder)
    (data / "old").write_bytes(b"o" * 1_000)
    disks.set_room(machine, 1_500)
    seen: list[object] = [_trouble(data / "new", 4_000), disks.room(machine)]
    with (data / "old").open("r+b") as file:  # what is there already takes no new room
        file.write(b"n" * 1_000)
    seen += [_trouble(data / "third", 0), shutil.disk_usage(data).free]
    (data / "new").unlink()
    seen += [disks.room(machine), _trouble(data / "third", 1_000), disks.room(machine)]
    with disks.with_room(machine):
        seen.append(_trouble(data / "fourth", 100_000))
    seen.append(disks.room(machine))
    disks.set_room(machine, UNBOUNDED)
    seen.append(_trouble(data / "fifth", 100_000))
    return seen


def _trouble(path: Path, size: int) -> int:
    try:
        path.write_bytes(b"x" * size)
    except OSError as error:
        return error.errno or -1
    return 0


def test_a_full_disk_takes_what_fits_and_goes_on_when_there_is_room(folder: Path) -> None:
    full = errno.ENOSPC
    assert in_a_process(fill, folder) == [full, 0, full, 0, 1_500, 0, 500, 0, 500, 0]


def write_behind_its_back(folder: Path) -> str:
    disks, machine, data = begun(folder)
    (data / "a").write_bytes(b"seen")
    os.truncate(data / "a", 2)
    try:
        disks.power_cut(machine, machine / "2")
    except ChaosError as error:
        return str(error)
    return ""


def test_a_record_with_a_hole_is_found_out(folder: Path) -> None:
    assert "is not what is on the disk" in in_a_process(write_behind_its_back, folder)
