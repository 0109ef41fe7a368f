"""litestream beside the ledger, where it is wanted: so that a damaged ledger can be taken from it.

Nobody waits for it and nobody is served from it; it looks once in ten seconds. The ledger is its
owner's to checkpoint, so after a restart the whole file is written once.
"""

import asyncio
import logging
from pathlib import Path
from typing import Final

from primary.config import PrimaryConfig
from primary.service.restore import LEDGER_STORE_FOLDER
from replication.adapters.litestream_process import (
    LitestreamError,
    LitestreamOptions,
    LitestreamProcess,
)

logger: Final = logging.getLogger(__name__)

RUNTIME_FOLDER: Final = "ledger-litestream"
LAST_SYNC_MS: Final = 3_000
OPTIONS: Final = LitestreamOptions(
    monitor_interval="10s",
    sync_interval="10s",
    l0_retention="1h",
    snapshot_interval="168h",
    snapshot_retention="168h",
)
"""At most two whole copies of the ledger, and what changed since."""


class LedgerStore:
    """Keeps `ledger-store` while `run` runs; does nothing where it is not wanted."""

    def __init__(self, config: PrimaryConfig) -> None:
        self._litestream: LitestreamProcess | None = None
        if config.ledger_store and isinstance(config.ledger_place, Path):
            self._litestream = LitestreamProcess(
                directory_path=config.ledger_place,
                store=config.data_dir / LEDGER_STORE_FOLDER,
                runtime_folder=config.data_dir / RUNTIME_FOLDER,
                options=OPTIONS,
            )

    async def run(self) -> None:
        """Keep it until cancelled; at once over where it is not wanted."""
        if self._litestream is None:
            return
        async with asyncio.TaskGroup() as group:
            running = group.create_task(self._litestream.run())
            try:
                await asyncio.Event().wait()
            finally:
                await self._sync()
                running.cancel()

    async def _sync(self) -> None:
        if self._litestream is None:
            return
        try:
            await self._litestream.sync(LAST_SYNC_MS)
        except LitestreamError as error:
            logger.warning("the ledger's store lacks the newest entries: %s", error)
