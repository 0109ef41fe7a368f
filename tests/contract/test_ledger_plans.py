"""No query of people scans a table or sorts rows, on either database; each says so itself."""

import asyncio
import itertools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection, Table, select

from bench.print_log_questions import bad_steps, questions
from bench.print_log_year import Year
from primary.service.project import read_facts
from primary.store.dialects import POSTGRESQL
from primary.store.ledger import Ledger, Place, appending
from primary.store.ledger_tables import daily_sums, entries, movements, print_log
from primary.store.postgres import PostgresAddress
from replication.journal import Entry
from replication.ports import WallMs

if TYPE_CHECKING:
    from chaos.live.postgres import Postgres

NUMBERS = itertools.count(1)
ROWS = 3_000


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def ledger(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ledger]:
    place: Place = tmp_path_factory.mktemp("plans") / "ledger.db"
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres_server")
        name = f"plans_{next(NUMBERS)}"
        asyncio.run(server.sql(f"CREATE DATABASE {name}"))
        place = PostgresAddress(url=server.url(name))
    opened = Ledger(place)
    Year(rows=ROWS).put_into(opened)
    yield opened
    opened.close()


def rows_of(ledger: Ledger, table: Table) -> list[tuple[Any, ...]]:
    columns = [column for column in table.columns if column.name != "received_wall_ms"]
    with ledger.read() as connection:
        rows = connection.execute(select(*columns).order_by(*table.primary_key.columns))
        return [tuple(row) for row in rows]


def test_the_year_of_the_bench_is_what_an_ingest_writes(ledger: Ledger, tmp_path: Path) -> None:
    columns = [entries.c[name] for name in Entry.__dataclass_fields__]
    with ledger.read() as connection:
        found = connection.execute(select(*columns).order_by(entries.c.site_name, entries.c.seq))
        year = [Entry(**row._asdict()) for row in found]
    ingested = Ledger(tmp_path / "ledger.db")

    def ingest(connection: Connection) -> None:
        for _, journal in itertools.groupby(year, key=lambda entry: entry.site_name):
            appending(read_facts(list(journal)), now_ms=WallMs(0))(connection)

    ingested.write_now(ingest)

    for table in (movements, print_log, daily_sums):
        assert rows_of(ledger, table) == rows_of(ingested, table)
    assert len(year) == ROWS
    ingested.close()


@pytest.mark.parametrize("name", sorted(questions(random.Random(1))))
def test_no_question_reads_a_whole_table_or_sorts_rows(ledger: Ledger, name: str) -> None:
    question = questions(random.Random(1))[name]

    with ledger.read() as connection:
        if connection.dialect.name == POSTGRESQL:
            # On few rows the planner guesses otherwise; that there is such a plan is what counts.
            for kind in ("sort", "seqscan", "bitmapscan"):
                connection.exec_driver_sql(f"SET LOCAL enable_{kind} = off")
        assert bad_steps(connection, question) == []
