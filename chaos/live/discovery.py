"""The system D-Bus and Avahi, which announce printers: `ippeveprinter` does not start without them.

A container often runs neither. They serve the whole machine, so they are started where they are
missing and left running.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chaos.errors import NotReadyError, ProcessError
from chaos.live.processes import run
from chaos.live.waiting import until

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

DBUS_SOCKET: Final = Path("/run/dbus/system_bus_socket")
DBUS_PID_FILE: Final = Path("/run/dbus/pid")
DBUS: Final = ("dbus-daemon", "--system", "--fork")
AVAHI: Final = ("avahi-daemon", "--daemonize")
AVAHI_IN_A_BARE_CONTAINER: Final = ("--no-drop-root", "--no-rlimits", "--no-chroot")
COMMAND_TIMEOUT_MS: Final = 10_000


async def start_discovery() -> None:
    """Start the system D-Bus and Avahi where they do not run yet.

    `ProcessError` where they cannot be started, which takes root. Another program may start them at
    the same moment: what counts is that they run in the end.
    """
    if not await _runs_dbus():
        try:
            await asyncio.to_thread(_clear_way_for_dbus)
        except PermissionError as error:
            raise ProcessError(f"dbus-daemon must be started as root: {error}") from error
        tried = [await _try("dbus-uuidgen", "--ensure"), await _try(*DBUS)]
        await _wait_for(_runs_dbus, "dbus-daemon", tried)
    if not await _runs_avahi():
        tried = [await _try(*AVAHI)]
        if not await _runs_avahi():
            tried.append(await _try(*AVAHI, *AVAHI_IN_A_BARE_CONTAINER))
        await _wait_for(_runs_avahi, "avahi-daemon", tried)


async def _runs_dbus() -> bool:
    """A socket file alone may be left over from a daemon that is gone."""
    try:
        _, writer = await asyncio.open_unix_connection(DBUS_SOCKET)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


def _clear_way_for_dbus() -> None:
    """A killed dbus-daemon leaves its pid file, and then no other one starts."""
    DBUS_PID_FILE.parent.mkdir(parents=True, exist_ok=True)
    try:
        number = DBUS_PID_FILE.read_text().strip()
        status = Path(f"/proc/{number}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        DBUS_PID_FILE.unlink(missing_ok=True)
        return
    if "dbus-daemon" not in status or "State:\tZ" in status:
        DBUS_PID_FILE.unlink(missing_ok=True)


async def _runs_avahi() -> bool:
    return (await run(("avahi-daemon", "--check"), within_ms=COMMAND_TIMEOUT_MS)).exit_status == 0


async def _try(*argv: str) -> str:
    """What the command complained about."""
    finished = await run(argv, within_ms=COMMAND_TIMEOUT_MS)
    return finished.errors.strip()


async def _wait_for(runs: Callable[[], Awaitable[bool]], name: str, complaints: list[str]) -> None:
    try:
        await until(runs, name, within_ms=COMMAND_TIMEOUT_MS)
    except NotReadyError as error:
        said = " ".join(complaints)
        raise ProcessError(f"{name} does not start (as root?): {said}") from error
