"""Where the directory's files are written, and how the primary sees them there."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from primary.service.deltas import Deltas
from primary.service.publish import Publisher
from primary.service.watch_store import WatchStore
from primary.store_keeping import STORE_FOLDER, options_of
from replication.adapters.litestream_process import LitestreamError, LitestreamProcess
from replication.adapters.ltx_store import LtxStore
from replication.adapters.shadow import Shadow
from replication.adapters.store_copy import StoreCopy
from replication.adapters.store_place import remote_store_of, source_of

if TYPE_CHECKING:
    from primary.config import PrimaryConfig
    from primary.store.directory import Directory

logger: Final = logging.getLogger(__name__)

SHADOW_FILE: Final = "shadow.pages"
RUNTIME_FOLDER: Final = "litestream"


class Distribution:
    """litestream, the folder of what it wrote, and who tells the sites of it.

    Where litestream writes to a folder that is the folder; else it is a copy of what it wrote.
    Errors: `KeyFileError`.
    """

    def __init__(self, config: PrimaryConfig, directory: Directory) -> None:
        lineage = directory.lineage()
        folder = config.data_dir / STORE_FOLDER
        place = config.store.place()
        self.litestream = LitestreamProcess(
            directory_path=directory.path,
            store=folder if place is None else remote_store_of(place, lineage),
            runtime_folder=config.data_dir / RUNTIME_FOLDER,
            options=options_of(config.store),
        )
        self._copy: StoreCopy | None = None
        if place is not None:
            self._copy = StoreCopy(
                litestream=self.litestream,
                source=source_of(place),
                lineage=lineage,
                folder=folder,
            )
        self.store = LtxStore(folder)
        self.watch = WatchStore(folder, lambda: self.publisher.head().txid, self.heal)
        shadow = Shadow(config.data_dir / SHADOW_FILE, folder)
        self.publisher = Publisher(
            lineage=lineage,
            store=self.store,
            litestream=self._copy or self.litestream,
            deltas=Deltas(shadow=shadow, store=folder),
        )

    def heal(self) -> None:
        """Have files come back that the folder lost."""
        if self._copy is None:
            self.litestream.child.restart()
        else:
            self._copy.forget()

    async def prepare(self) -> None:
        """Have the store ready before litestream starts. One that is out of reach is told."""
        if self._copy is None:
            return
        try:
            await self._copy.prepare()
        except LitestreamError as error:
            logger.warning("%s", error)
