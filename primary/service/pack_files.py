"""What a new site fetches, packed before anybody asks for it.

The large files on the cheapest way from nothing to the head are packed in the background, one at a
time, within seconds of their coming; each serves all sites. A site that asks earlier gets the file
as it is. Copies of files that are no longer on that way are deleted, so they take about half of
what one new site fetches, and none is made that would take the disk below its floor.
"""

import asyncio
import logging
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NoReturn

from replication.adapters.packed_folder import PackedFolder
from replication.manifest import LtxName
from replication.plan import GapError, cost, plan

logger: Final = logging.getLogger(__name__)

LOOK_MS: Final = 2_000
PACKED_BYTES_MIN: Final = 64 * 1024
"""Below it a file is a few round trips anyhow."""

Sizes = Mapping[LtxName, int]


class PackFiles:
    """Keeps the packed copies while `run` runs. `sizes`: the store's files, as seen last."""

    def __init__(
        self, folder: PackedFolder, disk: Path, sizes: Callable[[], Sizes], free_bytes_min: int
    ) -> None:
        self._folder = folder
        self._disk = disk
        self._sizes = sizes
        self._free_bytes_min = free_bytes_min
        self._seen: Sizes = {}
        self._trouble = ""

    async def run(self) -> NoReturn:
        """Look until cancelled; what is being made then is given up."""
        try:
            while True:
                await self.look()
                await asyncio.sleep(LOOK_MS / 1000)
        finally:
            self._folder.close()

    async def look(self) -> None:
        """Make what is missing, and delete what nobody fetches any more."""
        sizes = self._sizes()
        large = {name: size for name, size in sizes.items() if size >= PACKED_BYTES_MIN}
        if large == self._seen:
            return
        wanted = await asyncio.to_thread(_wanted, sizes, large)
        try:
            await asyncio.to_thread(self._folder.keep, wanted)
            for name in wanted:
                await asyncio.to_thread(self._make, name, sizes[name])
        except FileNotFoundError:
            return  # compacted meanwhile: the next look knows
        except OSError as error:
            self._tell(str(error))
            return
        self._seen = large
        self._tell("")

    def _make(self, name: LtxName, size_bytes: int) -> None:
        if shutil.disk_usage(self._disk).free - size_bytes >= self._free_bytes_min:
            self._folder.make(name)

    def _tell(self, trouble: str) -> None:
        if trouble and not self._trouble:
            logger.warning("large files go out as they are, for they cannot be packed: %s", trouble)
        if self._trouble and not trouble:
            logger.info("large files go out packed again")
        self._trouble = trouble


def _wanted(sizes: Sizes, large: Sizes) -> list[LtxName]:
    try:
        chain = plan(None, {name: cost(size) for name, size in sizes.items()})
    except GapError:
        return []
    return [name for name in chain if name in large]
