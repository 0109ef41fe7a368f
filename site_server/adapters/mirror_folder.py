"""What a site's mirror holds before anybody has said which lineage counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replication.position import LINEAGE_PATTERN

if TYPE_CHECKING:
    from pathlib import Path


def newest_lineage(mirror: Path) -> str | None:
    """The lineage whose files came last; None where there are none."""
    if not mirror.is_dir():
        return None
    lineages = [each for each in mirror.iterdir() if LINEAGE_PATTERN.fullmatch(each.name)]
    newest = max(lineages, key=lambda folder: folder.stat().st_mtime_ns, default=None)
    return None if newest is None else newest.name
