"""A program that does nothing but write a site's journal: python -m chaos.live.journal_writer.

It appends entries with the real store of a site, many at once so that commits are shared, and says
the seq of each on its standard output once the store has promised it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

from replication.adapters.system_clock import SystemClock
from replication.entry_bodies import JobDeleted
from site_server.store.site_store import SiteStore

if TYPE_CHECKING:
    from collections.abc import Sequence

SITE_NAME: Final = "oslo"
USER_NAME: Final = "anna"
AT_ONCE: Final = 12


def opened(folder: Path) -> SiteStore:
    """The store in `folder`, as a site opens it."""
    return SiteStore(folder / "site.db", site_name=SITE_NAME, epoch=1, clock=SystemClock())


async def append(store: SiteStore, number: int) -> int:
    """Append one entry; its seq, once it is safe."""
    body = JobDeleted(job_uuid=str(UUID(int=number)), by_user_name=USER_NAME)
    entry = await store.write(lambda unit: unit.journal.append(body))
    return entry.seq


async def _write(folder: Path, entries: int) -> None:
    with closing(opened(folder)) as store:
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(number: int) -> None:
            async with turns:
                seq = await append(store, number)
                os.write(sys.stdout.fileno(), f"{seq}\n".encode())

        async with asyncio.TaskGroup() as tasks:
            for number in range(entries):
                tasks.create_task(one(number))


def main(arguments: Sequence[str]) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="journal_writer", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--entries", type=int, default=400)
    options = parser.parse_args(arguments)
    asyncio.run(_write(options.folder, options.entries))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
