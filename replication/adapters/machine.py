"""Probes of the machine itself: a port, a folder's disk, the clock. They change nothing."""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import tempfile
import threading
from typing import TYPE_CHECKING

from replication.adapters.probe import Component

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from replication.ports import Clock

PORT_MAX = 65_535

CLOCK_WAIT_S = 0.2
CLOCK_DRIFT_MS_MAX = 50
"""Far above what scheduling adds to `CLOCK_WAIT_S`, far below any step that hurts."""

WALL_MS_MIN = 1_735_689_600_000
"""2025-01-01: a clock before it was never set."""

WALL_MS_MAX = 4_102_444_800_000
"""2100-01-01."""

TIMEX_BYTES = 512
"""More than `struct timex` takes anywhere; all zero, it asks and changes nothing."""

TIME_ERROR = 5
"""adjtimex(2): no time service keeps this clock."""


_NEVER = threading.Event()


def port_free(host: str, port: int) -> Component:
    """Whether a server could listen there now."""
    name, where = f"port {port}", f"{host}:{port}"
    if not 0 <= port <= PORT_MAX:
        hint = f"choose a port up to {PORT_MAX}"
        return Component(name=name, found=False, version="no port", where=where, hint=hint)
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.create_server(address, family=family):
            return Component(name=name, found=True, version="free", where=where)
    except OSError as error:
        hint = f"{error.strerror}; who listens: ss -ltnp 'sport = :{port}'"
        return Component(name=name, found=False, version="not free", where=where, hint=hint)


def folder_writable(folder: Path, free_bytes_min: int) -> Component:
    """Whether a file can be written and synced in `folder`, with enough space left.

    A folder that does not exist yet is judged by its nearest existing parent.
    """
    place = next(part for part in (folder, *folder.absolute().parents) if part.exists())
    where = str(folder)
    try:
        with tempfile.NamedTemporaryFile(dir=place, prefix=".holdfast-doctor-") as file:
            file.write(b"probe")
            file.flush()
            os.fsync(file.fileno())
        free_bytes = shutil.disk_usage(place).free
    except OSError as error:
        hint = f"{error.strerror} in {place}: correct it, or set another folder"
        return Component(name="disk", found=False, version="not writable", where=where, hint=hint)
    lacking_bytes = max(0, free_bytes_min - free_bytes)
    return Component(
        name="disk",
        found=not lacking_bytes,
        version=f"writable, {_mib(free_bytes)} free",
        where=where,
        hint=f"free {_mib(lacking_bytes)} more" if lacking_bytes else "",
    )


def clock_sane(clock: Clock, wait: Callable[[float], object] = _NEVER.wait) -> Component:
    """Whether the wall clock was ever set and runs as fast as the monotonic one.

    Whether a time service keeps it right is only told: a site may be cut from it for long.
    """
    wall_ms, monotonic_ms = clock.wall_ms(), clock.monotonic_ms()
    wait(CLOCK_WAIT_S)
    drift_ms = (clock.wall_ms() - wall_ms) - (clock.monotonic_ms() - monotonic_ms)
    if not WALL_MS_MIN <= wall_ms <= WALL_MS_MAX:
        problem = "not set"
    elif abs(drift_ms) > CLOCK_DRIFT_MS_MAX:
        problem = f"jumped by {drift_ms} ms"
    else:
        return Component(name="clock", found=True, version="sane", where=_time_service())
    hint = "timedatectl set-ntp true"
    return Component(name="clock", found=False, version=problem, where=_time_service(), hint=hint)


def _time_service() -> str:
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    except (OSError, AttributeError):
        return "time service not known"
    if state < 0:
        return "time service not known"
    return "kept by no time service" if state == TIME_ERROR else "kept by a time service"


def _mib(size_bytes: int) -> str:
    return f"{-(-size_bytes // 2**20)} MiB"
