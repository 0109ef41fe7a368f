"""Where the directory's files are written, and how the primary sees them there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from primary.service.deltas import Deltas
from primary.service.publish import Publisher, Syncing
from replication.adapters.litestream_process import LitestreamProcess, s3_store
from replication.adapters.ltx_store import LtxStore
from replication.adapters.s3_place import read_s3_key
from replication.adapters.s3_source import S3Source
from replication.adapters.shadow import Shadow
from replication.adapters.store_copy import StoreCopy

if TYPE_CHECKING:
    from primary.config import PrimaryConfig
    from primary.store.directory import Directory

STORE_FOLDER: Final = "store"
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
        place = config.store.s3_place()
        key = None if place is None else read_s3_key(place.key_file)
        self.litestream = LitestreamProcess(
            directory_path=directory.path,
            store=folder if place is None or key is None else s3_store(place, key, lineage),
            runtime_folder=config.data_dir / RUNTIME_FOLDER,
        )
        syncing: Syncing = self.litestream
        if place is not None and key is not None:
            syncing = StoreCopy(
                litestream=self.litestream,
                source=S3Source(place, key),
                lineage=lineage,
                folder=folder,
            )
        self.store = LtxStore(folder)
        shadow = Shadow(config.data_dir / SHADOW_FILE, folder)
        self.publisher = Publisher(
            lineage=lineage,
            store=self.store,
            litestream=syncing,
            deltas=Deltas(shadow=shadow, store=folder),
        )
