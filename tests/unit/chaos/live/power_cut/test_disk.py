from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from chaos.errors import ChaosError
from chaos.live.power_cut.disk import SECTOR_BYTES, Disk, lay_out
from chaos.live.power_cut.record import Did, Operation

if TYPE_CHECKING:
    from pathlib import Path

MAY_MAKE, FOLDER, FRESH = 4, 2, 1
CUTS = 200


class Script:
    """Operations on the files of a folder, written as a program would do them."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.disk = Disk(root)

    def did(
        self, did: Did, handle: int = 0, at: int = 0, first: bytes = b"", second: bytes = b""
    ) -> None:
        self.disk.do(Operation(did=did, handle=handle, at=at, first=first, second=second))

    def opened(self, handle: int, name: str, flags: int = MAY_MAKE) -> None:
        self.did(Did.OPENED, handle, flags, str(self.root / name).encode())

    def renamed(self, old: str, new: str) -> None:
        first, second = (str(self.root / name).encode() for name in (old, new))
        self.did(Did.RENAMED, first=first, second=second)

    def folder_synced(self) -> None:
        self.did(Did.OPENED, 99, FOLDER, str(self.root).encode())
        self.did(Did.SYNCED, 99)

    def cuts(self) -> list[dict[str, bytes]]:
        random = Random(1)
        return [self.disk.cut(random) for _ in range(CUTS)]


@pytest.fixture
def script(tmp_path: Path) -> Script:
    return Script(tmp_path)


def test_what_was_synced_with_its_name_is_in_every_image(script: Script) -> None:
    script.opened(1, "a")
    script.did(Did.WROTE, 1, 0, b"x" * 2_000)
    script.did(Did.SYNCED, 1)
    script.folder_synced()
    assert all(cut == {"a": b"x" * 2_000} for cut in script.cuts())


def test_a_synced_file_without_a_synced_name_may_be_gone(script: Script) -> None:
    script.opened(1, "a")
    script.did(Did.WROTE, 1, 0, b"x")
    script.did(Did.SYNCED, 1)
    assert {len(cut) for cut in script.cuts()} == {0, 1}


def test_unsynced_sectors_are_lost_each_by_itself(script: Script) -> None:
    script.opened(1, "a")
    script.did(Did.WROTE, 1, 0, b"o" * 3 * SECTOR_BYTES)
    script.did(Did.SYNCED, 1)
    script.folder_synced()
    script.did(Did.WROTE, 1, 100, b"n" * 2 * SECTOR_BYTES)
    left = {cut["a"] for cut in script.cuts()}
    parts = {(data[100:512], data[512:1024], data[1024:1124]) for data in left}
    assert len(parts) == 8
    assert all(data[:100] == b"o" * 100 and data[1124:] == b"o" * 412 for data in left)


def test_a_file_may_have_its_length_without_its_bytes(script: Script) -> None:
    script.opened(1, "a")
    script.folder_synced()
    script.did(Did.WROTE, 1, 0, b"x" * 1_000)
    left = {cut["a"] for cut in script.cuts()}
    assert b"" in left
    assert b"x" * 1_000 in left
    assert any(data and not data.strip(b"\0") for data in left)


def test_a_shrunk_file_may_have_its_old_length(script: Script) -> None:
    script.opened(1, "a")
    script.did(Did.WROTE, 1, 0, b"x" * 1_000)
    script.did(Did.SYNCED, 1)
    script.folder_synced()
    script.did(Did.RESIZED, 1, 10)
    assert {len(cut["a"]) for cut in script.cuts()} == {10, 1_000}


def test_a_name_given_before_the_bytes_were_synced_may_stand_over_nothing(script: Script) -> None:
    script.opened(1, "a.part")
    script.did(Did.WROTE, 1, 0, b"new")
    script.renamed("a.part", "a")
    script.folder_synced()
    assert {cut["a"] for cut in script.cuts()} >= {b"", b"new"}


def test_a_file_replaced_whole_is_old_or_new(script: Script) -> None:
    script.opened(1, "a")
    script.did(Did.WROTE, 1, 0, b"old")
    script.did(Did.SYNCED, 1)
    script.folder_synced()
    script.opened(2, "a.part")
    script.did(Did.WROTE, 2, 0, b"new")
    script.did(Did.SYNCED, 2)
    script.renamed("a.part", "a")
    assert {cut["a"] for cut in script.cuts()} == {b"old", b"new"}
    assert script.disk.settled() == {"a": b"new"}


def test_names_are_lost_from_the_newest(script: Script) -> None:
    for handle, name in enumerate("abc", start=1):
        script.opened(handle, name)
    assert {"".join(sorted(cut)) for cut in script.cuts()} == {"", "a", "ab", "abc"}


def test_a_deleted_file_may_come_back(script: Script) -> None:
    script.opened(1, "a")
    script.folder_synced()
    script.did(Did.UNLINKED, first=str(script.root / "a").encode())
    assert {len(cut) for cut in script.cuts()} == {0, 1}
    assert script.disk.settled() == {}


def test_a_file_that_was_there_before_is_durable(script: Script, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"there")
    script.opened(1, "a", 0)
    assert all(cut == {"a": b"there"} for cut in script.cuts())


def test_opening_afresh_empties_a_file(script: Script) -> None:
    script.opened(1, "a")
    script.did(Did.WROTE, 1, 0, b"x")
    script.opened(2, "a", MAY_MAKE | FRESH)
    assert script.disk.settled() == {"a": b""}


def test_one_seed_gives_one_image(script: Script) -> None:
    script.opened(1, "a")
    script.did(Did.WROTE, 1, 0, b"x" * 9_000)
    assert script.cuts() == script.cuts()


def test_a_record_that_writes_to_what_it_did_not_open_is_refused(script: Script) -> None:
    with pytest.raises(ChaosError):
        script.did(Did.WROTE, 7, 0, b"x")


def test_an_image_is_laid_out_with_its_folders(tmp_path: Path) -> None:
    lay_out({"a/b": b"x", "c": b""}, tmp_path / "out")
    assert (tmp_path / "out" / "a" / "b").read_bytes() == b"x"
    assert (tmp_path / "out" / "c").read_bytes() == b""


def test_a_folder_gets_its_new_name_with_all_that_is_in_it_or_keeps_the_old_one(
    script: Script,
) -> None:
    script.opened(1, "old/a")
    script.did(Did.WROTE, 1, 0, b"x")
    script.did(Did.SYNCED, 1)
    script.did(Did.OPENED, 98, FOLDER, str(script.root / "old").encode())
    script.did(Did.SYNCED, 98)
    script.renamed("old", "new")
    assert script.disk.settled() == {"new/a": b"x"}
    assert {next(iter(cut)) for cut in script.cuts()} == {"old/a", "new/a"}
    script.folder_synced()
    assert all(cut == {"new/a": b"x"} for cut in script.cuts())
