import logging

import pytest
from sqlalchemy import Connection

from primary.service.ingest import Ingest
from primary.service.watch_ledger import WatchLedger
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from replication.errors import StoreClosedError
from tests.unit.primary.money import balances_of


def sql(statement: str, connection: Connection) -> None:
    connection.exec_driver_sql(statement)


async def test_a_ledger_that_answers_is_no_news(
    ingest: Ingest, caplog: pytest.LogCaptureFixture
) -> None:
    watch = WatchLedger(ingest)
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            await watch.look()

    assert watch.problem == ""
    assert not caplog.records


async def test_a_ledger_that_is_closed_ends_the_watch(ingest: Ingest, ledger: Ledger) -> None:
    watch = WatchLedger(ingest)
    await watch.look()
    ledger.close()

    with pytest.raises(StoreClosedError):
        await watch.look()


async def test_trouble_is_told_once_and_the_end_of_it_too(
    ingest: Ingest, ledger: Ledger, directory: Directory, caplog: pytest.LogCaptureFixture
) -> None:
    watch = WatchLedger(ingest)
    before = balances_of(directory)
    await ledger.write(lambda connection: sql("ALTER TABLE entries RENAME TO hidden", connection))
    with caplog.at_level(logging.INFO):
        for _ in range(2):
            await watch.look()
        assert "no such table" in watch.problem
        await ledger.write(
            lambda connection: sql("ALTER TABLE hidden RENAME TO entries", connection)
        )
        for _ in range(2):
            await watch.look()

    assert watch.problem == ""
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]
    assert balances_of(directory) == before
