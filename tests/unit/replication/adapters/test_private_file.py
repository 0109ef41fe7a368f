"""Secrets on the disk."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from replication.adapters.private_file import make_private_folder, write_private

if TYPE_CHECKING:
    from pathlib import Path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_private_file_can_be_read_by_its_owner_only_whatever_the_umask(tmp_path: Path) -> None:
    former = os.umask(0)
    try:
        make_private_folder(tmp_path / "a" / "b")
        write_private(tmp_path / "a" / "b" / "key", b"secret")
    finally:
        os.umask(former)
    assert (tmp_path / "a" / "b" / "key").read_bytes() == b"secret"
    assert (mode(tmp_path / "a" / "b"), mode(tmp_path / "a" / "b" / "key")) == (0o700, 0o600)


def test_a_file_that_was_open_to_all_is_replaced_whole_and_closed(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"old and long")
    (tmp_path / "key").chmod(0o644)
    write_private(tmp_path / "key", b"new")
    assert (tmp_path / "key").read_bytes() == b"new"
    assert mode(tmp_path / "key") == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
