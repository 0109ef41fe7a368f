"""What a primary stands on, looked at: components, ports, disk, clock."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from primary.config import PrimaryConfig
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
from replication.adapters.store_place import look_at_store
from replication.adapters.system_clock import SystemClock

FREE_BYTES_MIN: Final = 1024**3
"""A snapshot of 200,000 users is 20 MB and is kept for a week beside a day of small files."""


def look(config: PrimaryConfig, environ: Mapping[str, str]) -> Iterator[Component]:
    """Each component as it is now. Nothing is changed."""
    yield python()
    yield pysqlite()
    yield litestream()
    yield crsqlite(environ)
    yield folder_writable(config.data_dir, FREE_BYTES_MIN)
    yield clock_sane(SystemClock())
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
