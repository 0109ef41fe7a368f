"""What a site stands on, looked at: components, ports, disk, clock, identity."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

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
from replication.adapters.store_place import look_at_store
from replication.adapters.system_clock import SystemClock
from site_server.adapters import identity as identities
from site_server.adapters.certificates import validity_at
from site_server.adapters.ldap_directory import LdapDirectory
from site_server.adapters.mirror_folder import newest_lineage
from site_server.config import Role
from site_server.data_folder import DataFolder
from site_server.errors import SiteError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from site_server.config import Config, Listen
    from site_server.config_branch_directory import BranchDirectorySection


DAY_MS: Final = 86_400_000
EXPIRED: Final = "certificate expired: it is renewed once headquarters can be reached"


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
    place = config.source.place()
    if place is not None:
        lineage = newest_lineage(DataFolder(config.data_dir).mirror)
        yield look_at_store(place, lineage, required=False)
    if config.branch_directory is not None:
        yield _branch_directory(config.branch_directory)
    yield from test_programs(environ)


def _ports(listen: Listen) -> tuple[int, ...]:
    more = () if listen.node_port is None else (listen.node_port,)
    return (listen.device_port, listen.ipp_port, listen.ipps_port, *more)


def _branch_directory(section: BranchDirectorySection) -> Component:
    asked = Component(name="branch directory", found=False, where=section.url, required=False)
    try:
        problem = asyncio.run(LdapDirectory(section).problem())
    except SiteError as error:
        return replace(asked, hint=str(error))
    if problem:
        return replace(asked, hint=f"nobody can log in by password: {problem}")
    return replace(asked, found=True, version="answers")


def _identity(config: Config) -> Component:
    folder = DataFolder(config.data_dir).identity
    try:
        found = identities.load(folder)
    except SiteError as error:
        return Component(
            name="identity", found=False, where=str(folder), hint=str(error), required=False
        )
    try:
        until_ms = validity_at(found.cert_path).until_ms
    except (OSError, ValueError):
        hint = str(identities.DamagedIdentityError())
        return Component(name="identity", found=False, where=str(folder), hint=hint, required=False)
    days_left = (until_ms - SystemClock().wall_ms()) // DAY_MS
    left = f"{days_left} days of its certificate left" if days_left >= 0 else EXPIRED
    version = f"{found.site_name}, epoch {found.epoch}, {left}"
    return Component(name="identity", found=True, version=version, where=str(folder))
