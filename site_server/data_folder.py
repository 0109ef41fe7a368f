"""The data folder of a site: what lies where, and the administration key."""

from __future__ import annotations

import secrets
import shutil
from typing import TYPE_CHECKING, Final

from replication.adapters.private_file import make_private_folder, write_private

if TYPE_CHECKING:
    from pathlib import Path

ADMIN_KEY_BYTES: Final = 32


class DataFolder:
    """The paths below one folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder
        self.identity = folder / "identity"
        self.store = folder / "site.db"
        self.registers = folder / "registers.db"
        self.replica = folder / "replica.db"
        self.mirror = folder / "mirror"
        self.transfer_memory = folder / "transfer.json"
        self.resync_wish = folder / "resync.wanted"
        self.spool = folder / "spool"
        self._admin_key = folder / "admin.key"
        self._metrics_key = folder / "metrics.key"

    def make(self) -> None:
        """Make the folder so that nobody else can look inside."""
        make_private_folder(self.path)

    def admin_key(self) -> str:
        """The administration key; made when it is first asked for."""
        return _key(self._admin_key)

    def metrics_key(self) -> str:
        """The key that opens the metrics and nothing else; made when it is first asked for."""
        return _key(self._metrics_key)

    def free_bytes(self) -> int:
        """The space that is left on its disk; 0 where the folder has vanished."""
        if not self.path.is_dir():
            return 0
        return shutil.disk_usage(self.path).free


def _key(path: Path) -> str:
    if not path.exists():
        write_private(path, f"{secrets.token_urlsafe(ADMIN_KEY_BYTES)}\n".encode())
    return path.read_text("ascii").strip()
