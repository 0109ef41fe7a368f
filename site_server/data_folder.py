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
        self.resync_wish = folder / "resync.wanted"
        self.spool = folder / "spool"
        self._admin_key = folder / "admin.key"

    def make(self) -> None:
        """Make the folder so that nobody else can look inside."""
        make_private_folder(self.path)

    def admin_key(self) -> str:
        """The administration key; made when it is first asked for."""
        if not self._admin_key.exists():
            write_private(self._admin_key, f"{secrets.token_urlsafe(ADMIN_KEY_BYTES)}\n".encode())
        return self._admin_key.read_text("ascii").strip()

    def free_bytes(self) -> int:
        """The space that is left on its disk."""
        return shutil.disk_usage(self.path).free
