"""The store never fills the disk: looked at every few seconds, and lightened where it must be.

litestream deletes by age (`[store] keep_ms_max` becomes its retention). Here is what age does not
bound: the bytes of the store, and the space left beside it. What may go, and in which order, is
`replication.retention`; a site whose way up was deleted takes the snapshot. Where nothing more may
go and the floor is still not reached, that is an alarm: health says so, and the log once.
"""

import asyncio
import logging
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from replication.adapters.ltx_folder import ltx_path, scan_ltx
from replication.retention import Bounds, Needs, doomed, to_free

if TYPE_CHECKING:
    from replication.manifest import LtxName

logger: Final = logging.getLogger(__name__)

LOOK_MS: Final = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What was found and done in one look."""

    store_bytes: int
    free_bytes: int
    deleted: int
    missing_bytes: int
    """Still too much in the store, or too little beside it."""


class KeepStore:
    """Looks after the folder of LTX files while `run` runs."""

    def __init__(self, folder: Path, bounds: Bounds, needs: Callable[[], Needs]) -> None:
        self._folder = folder
        self._bounds = bounds
        self._needs = needs
        self.problem = ""
        """Why the store is too large; '' where it is not."""
        self.last = Kept(store_bytes=0, free_bytes=0, deleted=0, missing_bytes=0)
        self.sizes: Mapping[LtxName, int] = {}
        """The files, as the last look left them."""

    async def run(self) -> NoReturn:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_MS / 1000)

    async def look(self) -> None:
        """Look once, and delete what has to go."""
        try:
            self.last = await asyncio.to_thread(self._lighten, self._needs())
        except OSError as error:
            self._tell(f"the store cannot be looked after: {error}")
            return
        missing = self.last.missing_bytes
        self._tell(
            f"{missing} bytes are missing: free space on the disk of {self._folder}, or raise "
            "[store] keep_bytes_max; nothing more of the store may be deleted"
            if missing
            else ""
        )

    def _lighten(self, needs: Needs) -> Kept:
        sizes = {name: status.st_size for name, status in scan_ltx(self._folder)}
        chosen = doomed(sizes, self._bounds, needs, self._free_bytes())
        for name in chosen:
            ltx_path(self._folder, name).unlink(missing_ok=True)
            del sizes[name]
        if chosen:
            logger.warning("%d files of the store were deleted to keep its bounds", len(chosen))
        self.sizes = sizes
        free_bytes = self._free_bytes()
        return Kept(
            store_bytes=sum(sizes.values()),
            free_bytes=free_bytes,
            deleted=len(chosen),
            missing_bytes=to_free(sizes, self._bounds, free_bytes),
        )

    def _free_bytes(self) -> int:
        return shutil.disk_usage(self._folder if self._folder.exists() else "/").free

    def _tell(self, problem: str) -> None:
        if problem and not self.problem:
            logger.error("the store of the directory: %s", problem)
        if self.problem and not problem:
            logger.info("the store of the directory is within its bounds again")
        self.problem = problem
