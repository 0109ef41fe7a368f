"""What a primary stands on, looked at: components, ports, disk, clock."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from primary.config import PrimaryConfig
from primary.pki import PKI_FOLDER, days_left_in
from primary.server_certificates import DAYS_MIN
from primary.store.postgres import state_of
from replication.adapters.components import (
    Component,
    clock_sane,
    crsqlite,
    folder_writable,
    litestream,
    port_free,
    pysqlite,
    python,
    test_programs,
)
from replication.adapters.listen import PORTS_FILE
from replication.adapters.open_files import open_files_max
from replication.adapters.store_place import look_at_store
from replication.adapters.system_clock import SystemClock
from replication.errors import ReplicationError

FILES_PER_SITE: Final = 2
"""Its link, and at most one download while all come back."""
FILES_BESIDE: Final = 256
"""Databases, the API, the store."""
FREE_BYTES_MIN: Final = 1024**3
"""A snapshot of 200,000 users is 20 MB and is kept for a week beside a day of small files."""


def ledger(config: PrimaryConfig) -> Component:
    """Where the ledger is, whether it answers, and whether its commits outlive a power cut."""
    place = config.ledger_place
    if isinstance(place, Path):
        return Component(name="ledger", found=True, version="SQLite", where=str(place))
    seen = Component(name="ledger", found=False, where=str(place))
    try:
        state = state_of(place)
    except ReplicationError as error:
        return replace(seen, hint=str(error))
    seen = replace(seen, version=f"PostgreSQL {state.version}")
    if not state.is_durable:
        return replace(seen, hint="The server runs with fsync=off: a power cut loses money. Set on")
    if not state.may_create:
        return replace(
            seen, hint=f"{state.role} may not make tables; see docs/operations/ledger.md"
        )
    return replace(seen, found=True)


def open_files(sites_max: int) -> Component:
    """Whether so many sites can be connected at once; `run` raises the soft limit itself."""
    needed, limit = FILES_BESIDE + FILES_PER_SITE * sites_max, open_files_max()
    is_enough = limit >= needed
    return Component(
        name="open files",
        found=is_enough,
        version=f"{limit} may be open",
        where=f"sites_max = {sites_max}",
        hint="" if is_enough else f"set LimitNOFILE={needed} of the service, or a lower sites_max",
    )


def certificates(config: PrimaryConfig) -> Component:
    """How long headquarters' own certificates are good; they are made at the first start."""
    folder = config.data_dir / PKI_FOLDER
    seen = Component(name="certificates", found=False, where=str(folder), required=False)
    try:
        now = datetime.fromtimestamp(SystemClock().wall_ms() / 1000, UTC)
        days = days_left_in(folder, now)
    except (OSError, ValueError) as error:
        return replace(seen, hint=f"they cannot be read: {error}. Restore pki/ from a backup")
    if min(days.values(), default=0) >= DAYS_MIN:
        left = ", ".join(f"{name} {count} days" for name, count in days.items())
        return replace(seen, found=True, version=left)
    if days:
        return replace(seen, hint="they end soon: start the primary, which makes them anew")
    return replace(seen, hint="none yet: holdfast-primary run makes them")


def look(config: PrimaryConfig, environ: Mapping[str, str]) -> Iterator[Component]:
    """Each component as it is now. Nothing is changed."""
    yield python()
    yield pysqlite()
    yield litestream()
    yield crsqlite(environ)
    yield folder_writable(config.data_dir, FREE_BYTES_MIN)
    yield clock_sane(SystemClock())
    yield open_files(config.link.sites_max)
    yield ledger(config)
    yield certificates(config)
    place = config.store.place()
    if place is not None:
        yield look_at_store(place, None, required=True)
    is_running = (config.data_dir / PORTS_FILE).exists()
    for host, port in (
        (config.link.listen_host, config.link.port),
        (config.api.listen_host, config.api.port),
    ):
        seen = port_free(host, port)
        if is_running and not seen.found:
            seen = replace(seen, found=True, version="in use", where="by the running primary")
        yield seen
    yield from test_programs(environ)
