from __future__ import annotations

from typing import TYPE_CHECKING

from replication.adapters.part_file import PartFile

if TYPE_CHECKING:
    from pathlib import Path

SHA256 = "0123456789abcdef" * 4


def test_a_file_gets_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.ltx"
    file = PartFile(path, SHA256)
    file.write(b"one ")
    assert not path.exists()
    file.finish(b"two")
    assert file.finished
    assert path.read_bytes() == b"one two"
    assert list(path.parent.iterdir()) == [path]


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    PartFile(tmp_path / "b.ltx", SHA256).finish(b"")
    assert (tmp_path / "b.ltx").read_bytes() == b""


def test_what_is_discarded_leaves_nothing_and_comes_never_back(tmp_path: Path) -> None:
    file = PartFile(tmp_path / "b.ltx", SHA256)
    file.write(b"one ")
    file.discard()
    file.write(b"two ")
    file.finish(b"three")
    assert not file.finished
    assert list(tmp_path.iterdir()) == []


def test_what_is_left_is_continued_by_the_next_download_of_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "b.ltx"
    first = PartFile(path, SHA256)
    first.write(b"one ")
    assert first.leave(b"two ")
    first.write(b"late")
    second = PartFile(path, SHA256)
    assert b"".join(second.resume()) == b"one two "
    second.finish(b"three")
    assert path.read_bytes() == b"one two three"
    assert list(tmp_path.iterdir()) == [path]


def test_a_download_of_other_bytes_does_not_see_what_was_left(tmp_path: Path) -> None:
    path = tmp_path / "b.ltx"
    assert PartFile(path, SHA256).leave(b"one ")
    other = PartFile(path, "f" * 64)
    assert list(other.resume()) == []
    other.finish(b"two")
    assert path.read_bytes() == b"two"


def test_nothing_is_left_of_a_download_that_brought_nothing(tmp_path: Path) -> None:
    assert not PartFile(tmp_path / "b.ltx", SHA256).leave(b"")
    assert list(tmp_path.iterdir()) == []
