"""One folder, one server, one key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from site_server.data_folder import DataFolder

if TYPE_CHECKING:
    from pathlib import Path


def test_nobody_else_looks_inside(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.make()
    assert folder.path.stat().st_mode & 0o777 == 0o700
    key = folder.admin_key()
    assert (folder.path / "admin.key").stat().st_mode & 0o777 == 0o600
    assert folder.admin_key() == key
    assert len(key) >= 40
