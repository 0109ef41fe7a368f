"""What a subscriber costs a PostgreSQL publisher: one walsender each, without TLS.

30 subscribers of one publication (PostgreSQL's own `pg_recvlogical`, which does nothing with what
it gets), the same update of one row, at the same rate. Counted are the walsenders alone: what they
share with the rest of the server (the commit, the WAL) is not. PostgreSQL is made for some
subscribers and not for a thousand: each is a process, and decodes the whole WAL for itself.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.postgres import LOGICAL, find_postgres, make_folder
from bench.proc_figures import used_by
from chaos.live.postgres import OWNER, postgres
from chaos.live.waiting import until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.live.postgres import Postgres

SUBSCRIBERS: Final = 30
UPDATES: Final = 36
UPDATES_PER_S: Final = 3
PATIENCE_MS: Final = 30_000
SETTINGS: Final = (*LOGICAL, "max_wal_senders=40", "max_replication_slots=40")
TABLE: Final = "CREATE TABLE users (user_name text PRIMARY KEY, full_name text)"
FILL: Final = "INSERT INTO users SELECT 'user' || n, 'name' FROM generate_series(1, 1000) n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """What one subscriber costs."""

    idle_us: float
    """CPU in a second, nothing happening."""
    update_us: float
    """CPU of one update."""
    memory_bytes: float
    """Its proportional share."""

    def __str__(self) -> str:
        return (
            f"PostgreSQL, a walsender of {SUBSCRIBERS}: {self.idle_us:.0f} us/s idle, "
            f"{self.update_us:.0f} us an update, {self.memory_bytes / 1e3:.0f} kB"
        )


async def measure_peer(folder: Path) -> Peer | None:
    """The peer's costs; None where PostgreSQL is not installed."""
    found = find_postgres()
    if found is None:
        return None
    async with (
        postgres(make_folder(folder) / "publisher", SETTINGS, found) as publisher,
        AsyncExitStack() as stack,
    ):
        await publisher.sql(TABLE, FILL, "CREATE PUBLICATION p FOR ALL TABLES")
        for number in range(SUBSCRIBERS):
            await _subscribe(publisher, f"s{number}", stack)
        pids = await until(lambda: _walsenders(publisher), "the subscribers", within_ms=PATIENCE_MS)
        idle_s = await _used_s(publisher, pids, 0)
        busy_s = await _used_s(publisher, pids, UPDATES)
        return Peer(
            idle_us=idle_s / (UPDATES / UPDATES_PER_S) / SUBSCRIBERS * 1e6,
            update_us=(busy_s - idle_s) / UPDATES / SUBSCRIBERS * 1e6,
            memory_bytes=sum(map(_proportional_bytes, pids)) / SUBSCRIBERS,
        )


async def _subscribe(publisher: Postgres, slot: str, stack: AsyncExitStack) -> None:
    await publisher.sql(f"SELECT pg_create_logical_replication_slot('{slot}', 'pgoutput')")
    process = await asyncio.create_subprocess_exec(
        *(str(publisher.programs / "pg_recvlogical"), "--start", "--slot", slot),
        *("-h", "127.0.0.1", "-p", str(publisher.port), "-U", OWNER, "-d", "postgres"),
        *("-o", "proto_version=1", "-o", "publication_names=p", "-f", "-"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )

    async def end() -> None:
        process.terminate()
        await process.wait()

    stack.push_async_callback(end)


async def _walsenders(publisher: Postgres) -> Sequence[int] | None:
    said = await publisher.sql("SELECT pid FROM pg_stat_replication WHERE state = 'streaming'")
    pids = [int(line) for line in said.split()]
    return pids if len(pids) == SUBSCRIBERS else None


async def _used_s(publisher: Postgres, pids: Sequence[int], updates: int) -> float:
    before, began_s = used_by(pids).cpu_s, time.perf_counter()
    for number in range(1, UPDATES + 1):
        if number <= updates:
            await publisher.sql(
                f"UPDATE users SET full_name = 'mark {number:08}' WHERE user_name = 'user7'"  # noqa: S608
            )
        await asyncio.sleep(max(0.0, began_s + number / UPDATES_PER_S - time.perf_counter()))
    return used_by(pids).cpu_s - before


def _proportional_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0
