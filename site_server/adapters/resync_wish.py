"""The wish that replica and mirror be made anew: an empty file, so that a restart knows it too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replication.adapters.private_file import write_private

if TYPE_CHECKING:
    from pathlib import Path


class ResyncWish:
    """One wish per data folder; wishing twice is wishing once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def wanted(self) -> bool:
        """Whether it is still to be granted."""
        return self._path.exists()

    def make(self) -> None:
        """Wish it. Errors: `OSError`."""
        write_private(self._path, b"")

    def granted(self) -> None:
        """It is done."""
        self._path.unlink(missing_ok=True)
