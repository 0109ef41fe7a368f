"""A PostgreSQL that stops answering without a word, and a primary that is killed between its files.

The server is really frozen (SIGSTOP of all its processes): its kernel goes on acknowledging, so
nothing but the missing answer shows it.
"""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pysqlite3.dbapi2 as sqlite
import pytest

from chaos.live.postgres import Postgres, postgres, postgres_folder
from primary import organisation_load
from primary.service.ingest import Ingest
from primary.service.organisation import create
from primary.service.watch_ledger import WatchLedger
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from primary.store.ledger_queries import RowKey, Wanted
from primary.store.lookups import Lookups
from primary.store.postgres import CONNECT_TIMEOUT_S, PostgresAddress
from primary.testing import SiteJournal
from replication.errors import StorageError
from replication.testing import ManualClock
from tests.integration.running_primary import ADA_MICROS, EXAMPLE, holdfast, running

NUMBERS = itertools.count(1)
SILENCE_S = 0.5
SLACK_S = 2.0


@asynccontextmanager
async def frozen(server: Postgres) -> AsyncIterator[None]:
    server.freeze()
    try:
        yield
    finally:
        server.thaw()


@pytest.fixture
async def server() -> AsyncIterator[Postgres]:
    """One that the test may freeze."""
    with postgres_folder() as folder:
        async with postgres(folder) as started:
            yield started


async def _hears_of_the_outage(asked: Awaitable[object]) -> None:
    with pytest.raises(StorageError, match="does not answer"):
        await asked


async def test_a_server_that_falls_silent_is_an_outage_that_heals_by_itself(
    tmp_path: Path, server: Postgres
) -> None:
    address = PostgresAddress(url=server.url(), silence_s=SILENCE_S)
    clock = ManualClock()
    create(tmp_path / "hq", organisation_load.load(EXAMPLE.read_text()), clock, address)
    directory, ledger = Directory(tmp_path / "hq" / "directory.db"), Ledger(address)
    lookups = Lookups(address)
    ingest = Ingest(directory, ledger, clock)
    watch = WatchLedger(ingest)
    newest = Wanted(equal={}, from_ms=0, before=RowKey(wall_ms=2**60), limit=9)
    journal = SiteJournal("oslo")
    journal.printed("ada", 100_000)
    await ingest.receive("oslo", 1, journal.entries)
    await watch.look()
    assert len(await lookups.prints(newest)) == 1
    journal.printed("ada", 200_000)

    async with frozen(server):
        began = time.perf_counter()
        async with asyncio.TaskGroup() as asking:
            asking.create_task(watch.look())
            asking.create_task(_hears_of_the_outage(ingest.receive("oslo", 1, journal.entries)))
            asking.create_task(_hears_of_the_outage(lookups.prints(newest)))
        took_s = time.perf_counter() - began
        problem = watch.problem

    assert took_s < SILENCE_S + CONNECT_TIMEOUT_S + SLACK_S
    assert "does not answer" in problem
    assert directory.balance_micros("user:ada") == ADA_MICROS - 100_000
    while watch.problem:
        await watch.look()
    for _ in range(2):
        await ingest.receive("oslo", 1, journal.entries)
    assert directory.balance_micros("user:ada") == ADA_MICROS - 300_000
    assert [row["seq"] for row in await lookups.prints(newest)] == [2, 1]
    for each in (lookups, ledger, directory):
        each.close()


async def test_a_primary_killed_between_ledger_and_directory_is_rolled_forward(
    tmp_path: Path, postgres_server: Postgres
) -> None:
    name = f"between_{next(NUMBERS)}"
    await postgres_server.sql(f"CREATE DATABASE {name}")
    data = tmp_path / "data"
    settings = tmp_path / "primary.toml"
    settings.write_text(
        f'data_dir = "{data}"\nledger_url = "{postgres_server.url(name)}"\n'
        'link = { listen_host = "127.0.0.1", port = 0, public_host = "hq.test" }\n'
        "api.port = 0\n"
    )
    made = await asyncio.to_thread(holdfast, "init", "--from", EXAMPLE, "--config", settings)
    assert made.returncode == 0, made.stderr
    asked = "SELECT count(*) FROM requests WHERE request_id = 'between'"

    async with running(data, settings) as primary:
        held = sqlite.connect(str(data / "directory.db"), isolation_level=None)
        held.execute("BEGIN IMMEDIATE")  # The directory cannot commit; the ledger can.

        async def adjust() -> None:
            with pytest.raises(aiohttp.ClientError):
                await primary.adjust(-1_000, "between")

        async with asyncio.TaskGroup() as group:
            group.create_task(adjust())
            async with asyncio.timeout(4):
                while await postgres_server.sql(asked, database=name) != "1":
                    pass
            await primary.kill()
        micros = held.execute(
            "SELECT balance_micros FROM balances WHERE payer = 'user:ada'"
        ).fetchone()
        assert micros == (ADA_MICROS,)
        held.execute("ROLLBACK")

    async with running(data, settings) as primary:
        held.close()
        assert await primary.ada_micros() == ADA_MICROS - 1_000
        assert (await primary.adjust(-1_000, "between"))[0] == 200
        assert await primary.ada_micros() == ADA_MICROS - 1_000
