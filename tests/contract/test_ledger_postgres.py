"""A ledger on PostgreSQL: outages are news, and nothing is half-done after a kill."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import text

from chaos.live.postgres import Postgres, postgres, postgres_folder
from primary import config, doctor, organisation_load
from primary.errors import ConfigError, LedgerNotEmptyError
from primary.service.ingest import Ingest
from primary.service.organisation import create
from primary.service.project import read_facts
from primary.service.watch_ledger import WatchLedger
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from primary.store.ledger_copy import copy_ledger
from primary.store.ledger_report import LedgerReport
from primary.store.postgres import PostgresAddress
from primary.testing import WALL_MS, SiteJournal
from replication.errors import StorageError
from replication.testing import ManualClock
from tests.integration.running_primary import (
    ADA_MICROS,
    EXAMPLE,
    Running,
    holdfast,
    running,
)

NUMBERS = itertools.count(1)


@pytest.fixture
async def database(postgres_server: Postgres) -> PostgresAddress:
    name = f"own_{next(NUMBERS)}"
    await postgres_server.sql(f"CREATE DATABASE {name}")
    return PostgresAddress(url=postgres_server.url(name))


@pytest.fixture
async def server() -> AsyncIterator[Postgres]:
    """One that the test may stop and start."""
    with postgres_folder() as folder:
        async with postgres(folder) as started:
            yield started


def settings_for(folder: Path, address: PostgresAddress) -> str:
    return (
        f'data_dir = "{folder}"\nledger_url = "{address.url}"\n'
        'link = { listen_host = "127.0.0.1", port = 0, public_host = "hq.test" }\n'
        "api.port = 0\nheartbeat_ms = 200\n"
    )


def initialised(tmp_path: Path, address: PostgresAddress) -> Path:
    settings = tmp_path / "primary.toml"
    settings.write_text(settings_for(tmp_path / "data", address))
    made = holdfast("init", "--from", EXAMPLE, "--config", settings)
    assert made.returncode == 0, made.stderr
    assert not (tmp_path / "data" / "ledger.db").exists()
    return settings


async def test_a_kill_between_ledger_and_directory_is_rolled_forward(
    tmp_path: Path, database: PostgresAddress
) -> None:
    clock = ManualClock()
    create(tmp_path / "hq", organisation_load.load(EXAMPLE.read_text()), clock, database)
    directory = Directory(tmp_path / "hq" / "directory.db")
    ledger = Ledger(database)
    journal = SiteJournal("oslo")
    journal.printed("ada", 100_000)
    journal.printed("ada", 200_000)
    # Dead after the ledger's commit: the directory never heard of it.
    await ledger.append(read_facts(journal.entries), now_ms=WALL_MS)
    ledger.close()
    assert directory.balance_micros("user:ada") == ADA_MICROS

    ledger = Ledger(database)
    ingest = Ingest(directory, ledger, clock)
    for _ in range(2):
        await ingest.roll_forward()
        await ingest.receive("oslo", 1, journal.entries)

    assert directory.balance_micros("user:ada") == ADA_MICROS - 300_000
    assert directory.watermark("oslo", 1) == ledger.head("oslo", 1) == journal.head
    ledger.close()
    directory.close()


async def test_what_a_killed_primary_acknowledged_counts_once(
    tmp_path: Path, database: PostgresAddress
) -> None:
    settings = initialised(tmp_path, database)
    acknowledged: list[str] = []

    async with running(tmp_path / "data", settings) as primary:

        async def adjust(number: int) -> None:
            try:
                status, _ = await primary.adjust(-1_000, f"r{number}")
            except aiohttp.ClientError:
                return
            acknowledged.extend([f"r{number}"] if status == 201 else [])

        for number in range(10):
            await adjust(number)
        async with asyncio.TaskGroup() as group:
            tries = [group.create_task(adjust(number)) for number in range(10, 30)]
            await asyncio.wait(tries, return_when=asyncio.FIRST_COMPLETED)
            await primary.kill()

    async with running(tmp_path / "data", settings) as primary:
        entries = await primary.get("/api/v1/ledger/entries?site=primary&limit=1000")
        asked = [entry["body"]["request_id"] for entry in entries["items"]]
        ledgered = [each for each in asked if each]
        assert set(acknowledged) <= set(ledgered)
        assert len(ledgered) == len(set(ledgered))
        assert await primary.ada_micros() == ADA_MICROS - 1_000 * len(ledgered)
        for request_id in ledgered:
            assert (await primary.adjust(-1_000, request_id))[0] == 200
        assert await primary.ada_micros() == ADA_MICROS - 1_000 * len(ledgered)
        assert (await primary.get("/health"))["ledger"]["ok"]


async def test_an_outage_is_told_and_nothing_is_half_done(tmp_path: Path, server: Postgres) -> None:
    address = PostgresAddress(url=server.url())
    settings = initialised(tmp_path, address)
    async with running(tmp_path / "data", settings) as primary:
        assert (await primary.adjust(-1_000, "r1"))[0] == 201
        await server.stop("immediate")

        status, refusal = await primary.adjust(-1_000, "r2")
        told = await _health(primary, ok=False)

        assert status == 503
        assert "does not answer" in refusal["detail"]
        assert not told["ledger"]["ok"]
        assert told["directory"]["ok"]
        assert (await primary.call("GET", "/api/v1/users/ada/balance"))[0] == 200
        assert (await primary.call("GET", "/api/v1/print-log"))[0] == 503
        assert (await primary.call("GET", "/api/v1/users/ada/balance"))[1]["balance_micros"] == (
            ADA_MICROS - 1_000
        )
        await server.start()
        await _health(primary, ok=True)
        assert (await primary.adjust(-1_000, "r2"))[0] == 201
        assert await primary.ada_micros() == ADA_MICROS - 2_000
        entries = await primary.get("/api/v1/ledger/entries?site=primary&limit=1000")
        asked = [entry["body"]["request_id"] for entry in entries["items"]]
        assert [each for each in asked if each] == ["r1", "r2"]


async def _health(primary: Running, *, ok: bool) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            _, found = await primary.call("GET", "/health")
            if found["ledger"]["ok"] is ok:
                return found


async def test_a_primary_starts_without_its_ledger_and_catches_up(
    tmp_path: Path, server: Postgres
) -> None:
    clock = ManualClock()
    address = PostgresAddress(url=server.url())
    create(tmp_path / "hq", organisation_load.load(EXAMPLE.read_text()), clock, address)
    journal = SiteJournal("oslo")
    journal.printed("ada", 100_000)
    before = Ledger(address)
    await before.append(read_facts(journal.entries), now_ms=WALL_MS)
    before.close()
    await server.stop()

    directory, ledger = Directory(tmp_path / "hq" / "directory.db"), Ledger(address)
    watch = WatchLedger(Ingest(directory, ledger, clock))
    await watch.look()
    problem = watch.problem
    await server.start()
    while watch.problem:
        await watch.look()

    assert "does not answer" in problem
    assert directory.balance_micros("user:ada") == ADA_MICROS - 100_000
    ledger.close()
    directory.close()


async def test_a_ledger_moves_to_postgresql_whole_or_not_at_all(
    tmp_path: Path, database: PostgresAddress
) -> None:
    old = Ledger(tmp_path / "ledger.db")
    journal = SiteJournal("oslo")
    for cost_micros in range(1, 21):
        journal.printed("ada", cost_micros)
    await old.append(read_facts(journal.entries), now_ms=WALL_MS, request_id="r1")
    await old.record_join_token("abc", "oslo", WALL_MS)
    old.close()

    copied = copy_ledger(tmp_path / "ledger.db", database)
    with pytest.raises(LedgerNotEmptyError):
        copy_ledger(tmp_path / "ledger.db", database)
    with pytest.raises(ConfigError, match="not set"):
        copy_ledger(tmp_path / "ledger.db", tmp_path / "ledger.db")

    assert copied["entries"] == copied["print_log"] == copied["movements"] == 20
    new, report = Ledger(database), LedgerReport(database)
    assert new.head("oslo", 1) == journal.head
    assert new.requested("r1") == journal.entries[-1]
    journal.printed("ada", 1)
    await new.append(read_facts(journal.entries), now_ms=WALL_MS)
    assert [each.entry_id for each in await report.entries(after=19)] == [20, 21]
    assert await report.balances() == {"user:ada": -211}
    report.close()
    new.close()


async def test_init_refuses_a_ledger_that_holds_somebodys_money(
    tmp_path: Path, database: PostgresAddress
) -> None:
    organisation = organisation_load.load(EXAMPLE.read_text())
    create(tmp_path / "one", organisation, ManualClock(), database)

    with pytest.raises(LedgerNotEmptyError):
        create(tmp_path / "two", organisation, ManualClock(), database)

    assert not (tmp_path / "two" / "directory.db").exists()


async def test_a_role_that_owns_only_its_schema_and_a_password_file_are_enough(
    tmp_path: Path, server: Postgres
) -> None:
    await server.sql(
        "CREATE ROLE holdfast LOGIN PASSWORD 'not-in-any-log'",
        "CREATE DATABASE holdfast",
    )
    await server.sql("CREATE SCHEMA AUTHORIZATION holdfast", database="holdfast")
    rules = server.folder / "pg_hba.conf"
    rules.write_text(
        "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
    )
    await server.sql("SELECT pg_reload_conf()")
    secret = tmp_path / "password"
    secret.write_text("not-in-any-log\n")
    secret.chmod(0o600)
    url = server.url("holdfast", "holdfast")
    text_of = f'data_dir = "{tmp_path}"\nledger_url = "{url}"\n'
    named = config.load(f'{text_of}ledger_password_file = "{secret}"', {})
    without = config.load(text_of, {})

    ledger = Ledger(named.ledger_place)
    await ledger.beat()
    with ledger.read() as connection:
        schema = connection.execute(
            text("SELECT schemaname FROM pg_tables WHERE tablename='entries'")
        )
        assert schema.scalars().all() == ["holdfast"]
    ledger.close()

    seen, refused = doctor.ledger(named), doctor.ledger(without)
    assert seen.found, seen.hint
    assert seen.version.startswith("PostgreSQL 15")
    assert not refused.found
    assert "password" in refused.hint
    assert "not-in-any-log" not in f"{seen}{refused}{named}"
    secret.chmod(0o644)
    with pytest.raises(StorageError, match="chmod"):
        Ledger(named.ledger_place).journals()


async def test_the_doctor_says_what_is_wrong_with_a_server(server: Postgres) -> None:
    await server.sql("CREATE ROLE visitor LOGIN")
    place = PostgresAddress(url=server.url("postgres", "visitor"))
    settings = config.load(f'ledger_url = "{place.url}"', {})

    visitor = doctor.ledger(settings)
    await server.stop()
    gone = doctor.ledger(settings)

    assert not visitor.found
    assert "may not make tables" in visitor.hint
    assert not gone.found
    assert "does not answer" in gone.hint
