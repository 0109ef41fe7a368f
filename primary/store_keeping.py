"""The bounds of the store at headquarters: litestream's own, and ours."""

from collections.abc import Callable, Collection
from typing import Final

from primary.config import PrimaryConfig, StoreConfig
from primary.ports import Check
from primary.service.keep_store import KeepStore
from primary.service.pack_files import PackFiles
from primary.service.publish import Publisher
from primary.service.site_says import SiteSays
from primary.store.directory import Directory
from replication.adapters.litestream_process import LitestreamOptions
from replication.adapters.packed_folder import PackedFolder
from replication.retention import Bounds, Needs

STORE_FOLDER: Final = "store"
DAY_MS: Final = 86_400_000
APPROVED: Final = "approved"


def options_of(config: StoreConfig) -> LitestreamOptions:
    """Litestream's retention, so that it keeps no longer than configured."""
    day_ms = min(DAY_MS, config.keep_ms_max)
    return LitestreamOptions(
        l0_retention=f"{day_ms}ms",
        snapshot_interval=f"{day_ms}ms",
        snapshot_retention=f"{config.keep_ms_max}ms",
    )


def bounds_of(config: StoreConfig) -> Bounds:
    """What is bounded in bytes."""
    return Bounds(keep_bytes_max=config.keep_bytes_max, free_bytes_min=config.free_bytes_min)


def needs_of(
    directory: Directory,
    site_says: SiteSays,
    connected: Callable[[], Collection[str]],
    head_txid: Callable[[], int],
) -> Callable[[], Needs]:
    """What the sites need at the moment of asking, by what they said last."""

    def position(site_name: str) -> int:
        said = site_says.of(site_name)
        return 0 if said is None else said.position_txid or 0

    def needs() -> Needs:
        approved = [one.site_name for one in directory.sites() if one.state == APPROVED]
        return Needs(
            approved_txid=min(map(position, approved), default=head_txid()),
            connected_txid=min(map(position, connected()), default=head_txid()),
        )

    return needs


def store_keeper(
    config: PrimaryConfig,
    directory: Directory,
    publisher: Publisher,
    site_says: SiteSays,
    connected: Callable[[], Collection[str]],
) -> KeepStore:
    """Who keeps the store within its bounds."""
    return KeepStore(
        config.data_dir / STORE_FOLDER,
        bounds_of(config.store),
        needs_of(directory, site_says, connected, lambda: publisher.head().txid),
    )


def file_packer(config: PrimaryConfig, folder: PackedFolder, keep_store: KeepStore) -> PackFiles:
    """Who keeps packed what a new site fetches."""
    return PackFiles(folder, config.data_dir, lambda: keep_store.sizes, config.store.free_bytes_min)


def check_of(keep_store: KeepStore) -> Callable[[], Check]:
    """The part of `GET /health`."""

    def check() -> Check:
        last, problem = keep_store.last, keep_store.problem
        detail = problem or f"{last.store_bytes} bytes kept, {last.free_bytes} free"
        return Check(is_ok=not problem, detail=detail)

    return check
