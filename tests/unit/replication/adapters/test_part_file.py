from __future__ import annotations

from typing import TYPE_CHECKING

from replication.adapters.part_file import PartFile

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_gets_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.ltx"
    file = PartFile(path)
    file.write(b"one ")
    assert not path.exists()
    file.finish(b"two")
    assert file.finished
    assert path.read_bytes() == b"one two"
    assert list(path.parent.iterdir()) == [path]


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    PartFile(tmp_path / "b.ltx").finish(b"")
    assert (tmp_path / "b.ltx").read_bytes() == b""


def test_what_is_discarded_leaves_nothing_and_comes_never_back(tmp_path: Path) -> None:
    file = PartFile(tmp_path / "b.ltx")
    file.write(b"one ")
    file.discard()
    file.write(b"two ")
    file.finish(b"three")
    assert not file.finished
    assert list(tmp_path.iterdir()) == []
