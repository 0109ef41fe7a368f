from __future__ import annotations

from typing import TYPE_CHECKING

from tools.record import known, place, remember

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_that_was_put_there_is_known_again(tmp_path: Path) -> None:
    path = tmp_path / "bin" / "program"
    place(b"content", path, mode=0o755)
    written = remember(path, version="1.2", source="from upstream's release")

    assert known(path, "1.2") == written
    assert path.stat().st_mode & 0o777 == 0o755


def test_another_version_or_another_content_is_not_known(tmp_path: Path) -> None:
    path = tmp_path / "program"
    place(b"content", path, mode=0o755)
    remember(path, version="1.2", source="here")

    assert known(path, "1.3") is None
    place(b"changed", path, mode=0o755)
    assert known(path, "1.2") is None


def test_a_file_without_a_record_or_with_a_torn_one_is_not_known(tmp_path: Path) -> None:
    path = tmp_path / "program"
    assert known(path, "1.2") is None

    place(b"content", path, mode=0o755)
    assert known(path, "1.2") is None
    path.with_name("program.json").write_text('{"version": "1.')
    assert known(path, "1.2") is None
