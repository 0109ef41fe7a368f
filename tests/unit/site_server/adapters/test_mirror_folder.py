"""What a mirror holds before anybody says which lineage counts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from site_server.adapters.mirror_folder import newest_lineage

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW = "a" * 32, "b" * 32


def test_a_mirror_that_is_not_there_or_empty_holds_nothing(tmp_path: Path) -> None:
    assert newest_lineage(tmp_path / "mirror") is None
    assert newest_lineage(tmp_path) is None


def test_the_lineage_whose_files_came_last_counts_and_other_folders_do_not(
    tmp_path: Path,
) -> None:
    for age, name in enumerate(("lost+found", OLD, NEW)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, ns=(age, age))
    os.utime(tmp_path / "lost+found", ns=(9, 9))
    assert newest_lineage(tmp_path) == NEW
