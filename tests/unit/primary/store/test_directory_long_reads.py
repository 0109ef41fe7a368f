"""Reads that take seconds: beside everything else, one at a time, of one moment."""

import asyncio
import threading

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import OperationalError

from primary.store.directory import Directory
from replication.schema.directory import sites

PATIENCE_S = 10


def names(connection: Connection) -> list[str]:
    return sorted(connection.execute(select(sites.c.site_name)).scalars())


async def test_a_long_read_answers_from_a_thread_of_its_own(directory: Directory) -> None:
    found, thread = await directory.read_long(
        lambda connection: (names(connection), threading.get_ident())
    )

    assert found == ["lima", "oslo"]
    assert thread != threading.get_ident()


async def test_a_long_read_stops_neither_readers_nor_writers_and_sees_one_moment(
    directory: Directory,
) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def look_twice(connection: Connection) -> tuple[list[str], list[str]]:
        first = names(connection)
        begun.set()
        assert may_end.wait(PATIENCE_S)
        return first, names(connection)

    async with asyncio.TaskGroup() as group:
        reading = group.create_task(directory.read_long(look_twice))
        assert await asyncio.to_thread(begun.wait, PATIENCE_S)
        await directory.put_site("rome", "Rome")
        with directory.read() as connection:
            assert names(connection) == ["lima", "oslo", "rome"]
        may_end.set()

    assert reading.result() == (["lima", "oslo"], ["lima", "oslo"])
    assert await directory.read_long(names) == ["lima", "oslo", "rome"]


async def test_only_one_long_read_runs_at_a_time(directory: Directory) -> None:
    begun, may_end = threading.Event(), threading.Event()
    order: list[str] = []

    def first(_: Connection) -> None:
        begun.set()
        assert may_end.wait(PATIENCE_S)
        order.append("first")

    async with asyncio.TaskGroup() as group:
        group.create_task(directory.read_long(first))
        assert await asyncio.to_thread(begun.wait, PATIENCE_S)
        group.create_task(directory.read_long(lambda _: order.append("second")))
        may_end.set()

    assert order == ["first", "second"]


async def test_a_long_read_that_fails_says_so_and_leaves_the_way_free(directory: Directory) -> None:
    with pytest.raises(OperationalError, match="no such table"):
        await directory.read_long(lambda connection: connection.execute(text("SELECT * FROM gone")))

    assert await directory.read_long(names) == ["lima", "oslo"]
