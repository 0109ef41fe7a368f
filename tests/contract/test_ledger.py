"""What a ledger promises, whichever database it stands on."""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, insert, select, text

from primary.names import QuotaPeriod
from primary.service.project import read_facts
from primary.store import quotas
from primary.store.ledger import Ledger, Place
from primary.store.ledger_queries import RowKey, SumsWanted, Wanted
from primary.store.ledger_report import LedgerReport
from primary.store.ledger_tables import daily_sums, entries, movements, requests
from primary.store.lookups import Lookups
from primary.store.postgres import PostgresAddress
from primary.testing import WALL_MS, SiteJournal
from replication.errors import StorageError
from replication.journal import hash_of
from replication.ports import WallMs

if TYPE_CHECKING:
    from chaos.live.postgres import Postgres

DAY = WALL_MS // 86_400_000
NUMBERS = itertools.count(1)
LATEST = RowKey(wall_ms=2**60)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        return tmp_path / "ledger.db"
    server: Postgres = request.getfixturevalue("postgres_server")
    name = f"ledger_{next(NUMBERS)}"
    asyncio.run(server.sql(f"CREATE DATABASE {name}"))
    return PostgresAddress(url=server.url(name))


@pytest.fixture
def ledger(place: Place) -> Iterator[Ledger]:
    opened = Ledger(place)
    yield opened
    opened.close()


@pytest.fixture
def report(ledger: Ledger) -> Iterator[LedgerReport]:
    opened = LedgerReport(ledger.path)
    yield opened
    opened.close()


@pytest.fixture
def lookups(ledger: Ledger) -> Iterator[Lookups]:
    opened = Lookups(ledger.path)
    yield opened
    opened.close()


def rows_of(ledger: Ledger, table: str) -> int:
    with ledger.read() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608 - a name of ours


def journal_of(*costs_micros: int, site_name: str = "oslo", user_name: str = "ada") -> SiteJournal:
    journal = SiteJournal(site_name)
    for cost_micros in costs_micros:
        journal.printed(user_name, cost_micros, pages=2)
    return journal


def wanted(limit: int = 100, before: RowKey = LATEST, **equal: str) -> Wanted:
    return Wanted(equal=equal, from_ms=0, before=before, limit=limit)


async def test_appending_again_changes_nothing(ledger: Ledger, report: LedgerReport) -> None:
    journal = journal_of(100, 200)

    for _ in range(3):
        await ledger.append(read_facts(journal.entries), now_ms=WALL_MS)

    assert rows_of(ledger, "entries") == rows_of(ledger, "print_log") == 2
    assert ledger.head("oslo", 1) == journal.head
    assert ledger.entry("oslo", 1, 2) == journal.entries[1]
    assert await report.balances() == {"user:ada": -300}


async def test_entries_come_back_in_the_order_of_their_arrival(
    ledger: Ledger, report: LedgerReport
) -> None:
    for name in ("oslo", "lima", "oslo"):
        journal = journal_of(*([5] * (2 if name == "oslo" else 1)), site_name=name)
        await ledger.append(read_facts(journal.entries), now_ms=WALL_MS)

    first = await report.entries(limit=2)
    rest = await report.entries(after=first[-1].entry_id, limit=9)

    arrived = [(each.site_name, each.seq) for each in first + rest]
    assert arrived == [("oslo", 1), ("oslo", 2), ("lima", 1)]
    assert [each.seq for each in await report.entries(site_name="oslo")] == [1, 2]
    totals = await report.totals()
    assert (totals.credits_micros, totals.debits_micros) == (0, -15)
    assert (totals.printed, totals.mono_pages, totals.charged_twice) == (3, 6, 1)


async def test_works_that_wait_together_fail_alone(ledger: Ledger) -> None:
    row = {"request_id": "r", "site_name": "oslo", "epoch": 1, "seq": 1}

    def put(name: str) -> Callable[[Connection], None]:
        def work(connection: Connection) -> None:
            connection.execute(insert(requests), {**row, "request_id": name})

        return work

    def put_and_fail(connection: Connection) -> None:
        put("lost")(connection)
        raise ZeroDivisionError

    async def failure(work: Callable[[Connection], None]) -> type[Exception] | None:
        try:
            await ledger.write(work)
        except (StorageError, ZeroDivisionError) as error:
            return type(error)
        return None

    async with asyncio.TaskGroup() as group:
        works = (put("a"), put("a"), put_and_fail, put("b"))
        found = [group.create_task(failure(each)) for each in works]

    assert [each.result() for each in found] == [None, StorageError, ZeroDivisionError, None]
    assert ledger.requested_of(["a", "b", "lost"]) == {"a", "b"}


async def test_what_is_done_also_stands_or_falls_with_the_entries(ledger: Ledger) -> None:
    journal = journal_of(1)

    def fail(_connection: Connection) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await ledger.append(read_facts(journal.entries), now_ms=WALL_MS, also=fail)

    assert ledger.head("oslo", 1).seq == 0
    assert rows_of(ledger, "daily_sums") == 0


async def test_requests_and_movements_and_heads_are_found(ledger: Ledger) -> None:
    journal = journal_of(1, 2, 3)
    await ledger.append(read_facts(journal.entries), now_ms=WALL_MS, request_id="r1")

    assert ledger.requested("r1") == journal.entries[-1]
    assert ledger.requested_of(["r0", "r1"]) == {"r1"}
    assert ledger.requested_of([]) == frozenset()
    beyond = ledger.movements_beyond(journal.entries[0].head)
    assert [(seq, each.amount_micros) for seq, each in beyond] == [(2, -2), (3, -3)]
    assert [each.site_name for each in ledger.journals()] == ["oslo"]


async def test_a_join_token_is_good_once(ledger: Ledger) -> None:
    await ledger.record_join_token("abc", "oslo", WallMs(2_000))

    async with asyncio.TaskGroup() as group:
        tries = [group.create_task(ledger.use_join_token("abc", WallMs(1_000))) for _ in range(4)]

    assert sorted(each.result() for each in tries) == [False, False, False, True]


async def test_a_quota_run_is_put_and_changed(ledger: Ledger) -> None:
    run = quotas.Run(
        group_name="staff", period=QuotaPeriod.DAY, begin_ms=WALL_MS, after_user="", is_done=False
    )
    for each in (run, replace(run, after_user="ada", is_done=True)):
        await ledger.write(lambda connection, put=each: quotas.put_run(connection, put))  # type: ignore[misc]

    with ledger.read() as connection:
        assert quotas.run_of(connection, "staff", QuotaPeriod.DAY) == replace(
            run, after_user="ada", is_done=True
        )


async def test_a_body_that_no_text_column_takes_does_not_stop_the_channel(
    ledger: Ledger, report: LedgerReport
) -> None:
    bad = replace(SiteJournal("oslo").printed("ada", 1), body='{"a": "\x00"}')
    bad = replace(bad, entry_hash=hash_of(bad))

    await ledger.append(read_facts([bad]), now_ms=WALL_MS)

    (there,) = await report.entries()
    assert there.disputed
    assert there.entry_hash == bad.entry_hash


async def test_the_print_log_is_paged_by_key_and_filtered(ledger: Ledger, lookups: Lookups) -> None:
    for site_name in ("lima", "oslo"):
        for user_name in ("ada", "grace"):
            journal = SiteJournal(site_name, epoch=1 if user_name == "ada" else 2)
            for _ in range(3):
                journal.printed(user_name, 10)
            await ledger.append(read_facts(journal.entries), now_ms=WALL_MS)

    seen: list[tuple[str, int, int]] = []
    key = LATEST
    while rows := await lookups.prints(wanted(limit=5, before=key)):
        seen += [(row["site_name"], row["epoch"], row["seq"]) for row in rows]
        last = rows[-1]
        key = RowKey(**{name: last[name] for name in ("wall_ms", "site_name", "epoch", "seq")})
    both = await lookups.prints(wanted(user_name="ada", site_name="oslo"))
    money = await lookups.movements(wanted(payer="user:grace", printer_name="laser"))

    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 12
    assert [(row["site_name"], row["seq"]) for row in both] == [
        ("oslo", 3),
        ("oslo", 2),
        ("oslo", 1),
    ]
    assert {(row["payer"], row["amount_micros"], row["kind"]) for row in money} == {
        ("user:grace", -10, "job_printed")
    }
    assert len(money) == 6
    assert not await lookups.prints(replace(wanted(), from_ms=WALL_MS + 1))


async def test_sums_by_day_are_what_the_rows_add_up_to(ledger: Ledger, lookups: Lookups) -> None:
    for name, costs in (("oslo", (100, 200)), ("lima", (1,))):
        journal = journal_of(*costs, site_name=name)
        for _ in range(2):
            await ledger.append(read_facts(journal.entries), now_ms=WALL_MS)

    async def sums(dimension: str, name: str | None = None) -> list[tuple[str, int, int, int]]:
        asked = SumsWanted(dimension=dimension, from_day=0, until_day=2**31, limit=9, name=name)
        rows = await lookups.sums(asked)
        assert {row["day"] for row in rows} <= {DAY}
        return [(r["name"], r["printed"], r["mono_pages"], r["debits_micros"]) for r in rows]

    assert await sums("site") == [("lima", 1, 2, -1), ("oslo", 2, 4, -300)]
    assert await sums("site", "oslo") == [("oslo", 2, 4, -300)]
    assert await sums("user") == [("ada", 3, 6, -301)]
    assert await sums("printer") == [("laser", 3, 6, -301)]
    assert await sums("account") == []


async def test_what_an_older_version_wrote_is_filled_up_at_the_next_start(
    ledger: Ledger, lookups: Lookups
) -> None:
    journal = journal_of(100, 200)
    await ledger.append(read_facts(journal.entries), now_ms=WALL_MS)
    every = SumsWanted(dimension="user", from_day=0, until_day=2**31, limit=9)
    everywhere = SumsWanted(dimension="printer", from_day=0, until_day=2**31, limit=9)
    before = [await lookups.sums(every), await lookups.sums(everywhere)]

    def forget(connection: Connection) -> None:
        connection.execute(movements.update().values(wall_ms=None, printer_name=None))
        connection.execute(daily_sums.delete())

    await ledger.write(forget)
    again = Ledger(ledger.path)
    again.journals()
    again.close()

    assert [await lookups.sums(every), await lookups.sums(everywhere)] == before
    rows = await lookups.movements(wanted(printer_name="laser"))
    assert [row["wall_ms"] for row in rows] == [WALL_MS, WALL_MS]
    assert before[0][0]["day"] == DAY
    with ledger.read() as connection:
        assert connection.execute(select(entries.c.entry_id)).scalars().all() == [1, 2]
