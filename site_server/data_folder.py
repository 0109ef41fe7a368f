"""The data folder of a site: what lies where, one server at a time, and the administration key."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from replication.adapters.private_file import make_private_folder, write_private
from site_server.errors import AlreadyRunningError

if TYPE_CHECKING:
    from collections.abc import Iterator
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
        self.spool = folder / "spool"
        self._admin_key = folder / "admin.key"
        self._lock = folder / "site.lock"

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

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder for this process; the kernel lets go of it, however the process ends.

        Errors: `AlreadyRunningError`.
        """
        handle = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError as error:
            raise AlreadyRunningError from error
        finally:
            os.close(handle)
