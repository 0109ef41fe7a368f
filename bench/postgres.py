"""A PostgreSQL publisher and its subscriber, as the peer of a figure. Real servers on loopback."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chaos.live.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

DEBIAN_FOLDERS: Final = Path("/usr/lib/postgresql")
OWNER: Final = "postgres"
"""PostgreSQL does not run as root; its package makes this user."""
START_S: Final = 60
SETTINGS: Final = (
    "listen_addresses=127.0.0.1",
    "wal_level=logical",
    "unix_socket_directories=",
    "ssl=off",
)


class PostgresError(Exception):
    """A command of PostgreSQL failed."""


def find_postgres() -> Path | None:
    """The folder of PostgreSQL's programs; None where it is not installed."""
    found = sorted(DEBIAN_FOLDERS.glob("*/bin/initdb"))
    program = found[-1] if found else shutil.which("initdb")
    return None if program is None else Path(program).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One running server."""

    programs: Path
    port: int

    async def sql(self, *statements: str) -> str:
        """What the statements printed, each in a transaction of its own."""
        commands = [word for statement in statements for word in ("-c", statement)]
        quiet = ("-XqAt", "-v", "ON_ERROR_STOP=1")
        where = ("-h", "127.0.0.1", "-p", str(self.port), "-U", OWNER, "-d", "postgres")
        return await run(self.programs / "psql", *quiet, *where, *commands)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A publisher and a subscriber of all its tables."""

    publisher: Server
    subscriber: Server


def make_folder(folder: Path) -> Path:
    """The folder, new, where both servers may write."""
    folder.mkdir()
    if os.geteuid() == 0:
        shutil.chown(folder, OWNER)
    return folder


@asynccontextmanager
async def replicating(programs: Path, folder: Path, *schema: str) -> AsyncIterator[Pair]:
    """Both servers in `folder` with the tables of `schema`, once what is there was copied."""
    async with _server(programs, folder / "publisher") as publisher:
        await publisher.sql(*schema, "CREATE PUBLICATION p FOR ALL TABLES")
        async with _server(programs, folder / "subscriber") as subscriber:
            tables = [statement for statement in schema if statement.startswith("CREATE TABLE")]
            source = f"host=127.0.0.1 port={publisher.port} user={OWNER} dbname=postgres"
            await subscriber.sql(
                *tables, f"CREATE SUBSCRIPTION s CONNECTION '{source}' PUBLICATION p"
            )
            await _until_in_sync(subscriber)
            yield Pair(publisher=publisher, subscriber=subscriber)
            await subscriber.sql("DROP SUBSCRIPTION s")


async def run(program: Path, *arguments: str) -> str:
    """What the program printed; as PostgreSQL's own user where this one is root."""
    how = ("runuser", "-u", OWNER, "--") if os.geteuid() == 0 else ()
    process = await asyncio.create_subprocess_exec(
        *(*how, str(program), *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd="/",
    )
    async with asyncio.timeout(START_S):
        said, complained = await process.communicate()
    if process.returncode != 0:
        raise PostgresError(f"{program.name}: {complained.decode(errors='replace').strip()}")
    return said.decode().strip()


@asynccontextmanager
async def _server(programs: Path, data: Path) -> AsyncIterator[Server]:
    await run(programs / "initdb", "-D", str(data), "-A", "trust", "-U", OWNER, "--no-sync")
    server = Server(programs=programs, port=_free_port())
    options = " ".join(f"-c {each}" for each in (*SETTINGS, f"port={server.port}"))
    control = (programs / "pg_ctl", "-D", str(data), "-w")
    await run(*control, "-l", str(data) + ".log", "-o", options, "start")
    try:
        yield server
    finally:
        await run(*control, "-m", "fast", "stop")


async def _until_in_sync(subscriber: Server) -> None:
    async def look() -> bool:
        return not await subscriber.sql("SELECT 1 FROM pg_subscription_rel WHERE srsubstate <> 'r'")

    await until(look, "PostgreSQL's first copy", within_ms=START_S * 1000)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
