"""What a site stands on, looked at: components, ports, disk, clock, identity."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from replication.adapters.components import (
    Component,
    clock_sane,
    crsqlite,
    folder_writable,
    port_free,
    pysqlite,
    python,
    sqlean,
    test_programs,
)
from replication.adapters.listen import PORTS_FILE
from replication.adapters.system_clock import SystemClock
from site_server.adapters import identity as identities
from site_server.config import Role
from site_server.data_folder import DataFolder
from site_server.errors import SiteError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from site_server.config import Config, Listen


def look(config: Config, environ: Mapping[str, str]) -> Iterator[Component]:
    """Each component as it is now. Nothing is changed."""
    yield python()
    yield pysqlite()
    if config.role is Role.SITE:  # a secondary has neither a replica nor registers
        yield sqlean()
        yield crsqlite(environ)
    yield folder_writable(config.data_dir, config.limits.free_bytes_min)
    yield clock_sane(SystemClock())
    yield _identity(config)
    is_running = (config.data_dir / PORTS_FILE).exists()
    for port in _ports(config.listen):
        seen = port_free(config.listen.host, port)
        if is_running and not seen.found:
            seen = replace(seen, found=True, version="in use", where="by the running site")
        yield seen
    yield from test_programs(environ)


def _ports(listen: Listen) -> tuple[int, ...]:
    more = () if listen.node_port is None else (listen.node_port,)
    return (listen.device_port, listen.ipp_port, *more)


def _identity(config: Config) -> Component:
    folder = DataFolder(config.data_dir).identity
    try:
        found = identities.load(folder)
    except SiteError as error:
        return Component(
            name="identity", found=False, where=str(folder), hint=str(error), required=False
        )
    version = f"{found.site_name}, epoch {found.epoch}"
    return Component(name="identity", found=True, version=version, where=str(folder))
