"""A PostgreSQL publisher and its subscriber, as the peer of a figure. Real servers on loopback."""

from __future__ import annotations

import os
import shutil
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chaos.errors import ProcessError
from chaos.live.postgres import OWNER, SETTINGS, Postgres, postgres, programs
from chaos.live.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

COPY_S: Final = 60
LOGICAL: Final = (*SETTINGS, "wal_level=logical")


def find_postgres() -> Path | None:
    """The folder of PostgreSQL's programs; None where it is not installed."""
    try:
        return programs()
    except ProcessError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A publisher and a subscriber of all its tables."""

    publisher: Postgres
    subscriber: Postgres


def make_folder(folder: Path) -> Path:
    """The folder, new, where both servers may write."""
    folder.mkdir()
    if os.geteuid() == 0:
        shutil.chown(folder, OWNER)
    return folder


@asynccontextmanager
async def replicating(
    found: Path,
    folder: Path,
    *schema: str,
    through: Callable[[int], Awaitable[int]] | None = None,
) -> AsyncIterator[Pair]:
    """Both servers in `folder` with the tables of `schema`, once what is there was copied.

    `through`: the port by which the subscriber reaches the publisher's, where it is another.
    """
    async with postgres(folder / "publisher", LOGICAL, found) as publisher:
        await publisher.sql(*schema, "CREATE PUBLICATION p FOR ALL TABLES")
        async with postgres(folder / "subscriber", LOGICAL, found) as subscriber:
            tables = [statement for statement in schema if "CREATE TABLE" in statement]
            port = publisher.port if through is None else await through(publisher.port)
            source = f"host=127.0.0.1 port={port} user={OWNER} dbname=postgres"
            await subscriber.sql(
                *tables, f"CREATE SUBSCRIPTION s CONNECTION '{source}' PUBLICATION p"
            )
            await _until_in_sync(subscriber)
            yield Pair(publisher=publisher, subscriber=subscriber)
            await subscriber.sql("DROP SUBSCRIPTION s")


async def _until_in_sync(subscriber: Postgres) -> None:
    async def look() -> bool:
        return not await subscriber.sql("SELECT 1 FROM pg_subscription_rel WHERE srsubstate <> 'r'")

    await until(look, "PostgreSQL's first copy", within_ms=COPY_S * 1000)
