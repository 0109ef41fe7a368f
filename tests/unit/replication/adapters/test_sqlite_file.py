"""One writer, group commit, readers that never wait, and disks that fill up."""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    Text,
    insert,
    select,
    text,
)

from replication.adapters.sqlite_file import SqliteFile
from replication.errors import FileGoneError, StorageError, StorageFullError, StoreClosedError
from tests.unit.replication.adapters.small_disk import fill, small_disk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

METADATA = MetaData()
NOTES = Table(
    "notes",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("body", Text, CheckConstraint("body <> 'forbidden'"), nullable=False),
)


def noting(body: str) -> Callable[[Connection], None]:
    def work(connection: Connection) -> None:
        connection.execute(insert(NOTES), {"body": body})

    return work


def bodies(file: SqliteFile) -> list[str]:
    with file.read() as connection:
        return list(connection.execute(select(NOTES.c.body).order_by(NOTES.c.id)).scalars())


@contextmanager
def opened(path: Path, **options: object) -> Iterator[SqliteFile]:
    file = SqliteFile(path, METADATA, **options)  # type: ignore[arg-type]
    try:
        yield file
    finally:
        file.close()


@asynccontextmanager
async def busy_writer(file: SqliteFile) -> AsyncIterator[Callable[[], None]]:
    """The writer is held inside a transaction, so that all that comes meanwhile is one batch."""
    entered, go_on = threading.Event(), threading.Event()

    def wait(_connection: Connection) -> None:
        entered.set()
        go_on.wait()

    async with asyncio.TaskGroup() as group:
        group.create_task(file.write(wait))
        await asyncio.to_thread(entered.wait)
        try:
            yield go_on.set
        finally:
            go_on.set()


async def gathered(file: SqliteFile, works: list[Callable[[Connection], None]]) -> list[object]:
    """What becomes of works that are committed together: None, or the exception."""

    async def one(work: Callable[[Connection], None]) -> object:
        try:
            return await file.write(work)
        except (StorageError, StorageFullError, ValueError) as error:
            return error

    async with busy_writer(file) as let_go, asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(work)) for work in works]
        await asyncio.sleep(0)
        let_go()
    return [task.result() for task in tasks]


async def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    with opened(tmp_path / "a.db") as file:
        await file.write(noting("one"))
    with opened(tmp_path / "a.db") as file:
        assert bodies(file) == ["one"]


async def test_a_piece_of_work_returns_its_result(tmp_path: Path) -> None:
    with opened(tmp_path / "a.db") as file:
        assert (
            await file.write(lambda connection: connection.execute(text("SELECT 7")).scalar()) == 7
        )


async def test_works_that_wait_together_are_committed_once(tmp_path: Path) -> None:
    commits: list[None] = []
    with opened(tmp_path / "a.db", on_commit=lambda: commits.append(None)) as file:
        await gathered(file, [noting(str(number)) for number in range(50)])
        assert bodies(file) == [str(number) for number in range(50)]
    assert len(commits) == 2  # the one that held the writer, and the fifty


async def test_one_failing_piece_of_work_does_not_hurt_the_others(tmp_path: Path) -> None:
    def failing(connection: Connection) -> None:
        noting("never seen")(connection)
        raise ValueError("changed my mind")

    with opened(tmp_path / "a.db") as file:
        works = [noting("one"), failing, noting("forbidden"), noting("two")]
        one, mine, refused, two = await gathered(file, works)
        assert (one, two) == (None, None)
        assert isinstance(mine, ValueError)
        assert isinstance(refused, StorageError)
        assert "nothing was written" in str(refused)
        assert bodies(file) == ["one", "two"]


async def test_a_reader_sees_one_state_while_others_write(tmp_path: Path) -> None:
    with opened(tmp_path / "a.db") as file:
        await file.write(noting("one"))
        count = text("SELECT count(*) FROM notes")
        with file.read() as connection:
            assert connection.execute(count).scalar() == 1
            await file.write(noting("two"))
            assert connection.execute(count).scalar() == 1
        assert len(bodies(file)) == 2


async def test_a_reader_does_not_wait_for_a_writer_that_hangs(tmp_path: Path) -> None:
    with opened(tmp_path / "a.db") as file:
        await file.write(noting("one"))
        async with busy_writer(file):
            assert bodies(file) == ["one"]


async def test_a_caller_who_goes_away_does_not_undo_or_stop_anything(tmp_path: Path) -> None:
    with opened(tmp_path / "a.db") as file:
        async with busy_writer(file) as let_go:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await file.write(noting("one"))
            let_go()
        await file.write(noting("two"))
        assert bodies(file) == ["one", "two"]


async def test_closing_finishes_what_waits_and_then_refuses(tmp_path: Path) -> None:
    file = SqliteFile(tmp_path / "a.db", METADATA)
    async with asyncio.TaskGroup() as group:
        group.create_task(file.write(noting("one")))
        await asyncio.sleep(0)
        file.close()
    file.close()
    with pytest.raises(StoreClosedError):
        await file.write(noting("two"))
    with opened(tmp_path / "a.db") as again:
        assert bodies(again) == ["one"]


def test_a_program_without_an_event_loop_can_write_too(tmp_path: Path) -> None:
    with opened(tmp_path / "a.db") as file:
        file.write_now(noting("one"))
        assert bodies(file) == ["one"]


async def test_the_file_is_opened_as_the_design_says(tmp_path: Path) -> None:
    with opened(tmp_path / "a.db", wal_autocheckpoint_pages=0) as file:

        def pragmas(connection: Connection) -> list[object]:
            names = ("journal_mode", "synchronous", "foreign_keys", "wal_autocheckpoint")
            return [connection.execute(text(f"PRAGMA {name}")).scalar() for name in names]

        assert await file.write(pragmas) == ["wal", 2, 1, 0]


async def test_a_full_disk_refuses_everything_and_works_again_when_space_returns(
    tmp_path: Path,
) -> None:
    with small_disk(tmp_path / "disk", 512) as disk, opened(disk / "a.db") as file:
        await file.write(noting("before"))
        ballast = fill(disk)
        outcomes = await gathered(file, [noting("x" * 50_000), noting("small")])
        assert [type(outcome) for outcome in outcomes] == [StorageFullError, StorageFullError]
        assert "Free some space" in str(outcomes[0])
        assert bodies(file) == ["before"]
        ballast.unlink()
        await file.write(noting("after"))
        assert bodies(file) == ["before", "after"]


async def test_a_file_that_is_no_database_is_refused_in_our_words(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"not a database, but long enough to look like one " * 20)
    with pytest.raises(StorageError, match="not a database"):
        SqliteFile(tmp_path / "a.db", METADATA)


@pytest.mark.parametrize("how", ["deleted", "replaced"])
async def test_a_file_that_vanished_takes_nothing_more_although_it_is_still_open(
    tmp_path: Path, how: str
) -> None:
    path = tmp_path / "notes.db"
    file = SqliteFile(path, METADATA)
    await file.write(noting("kept"))
    assert (file.is_there, bodies(file)) == (True, ["kept"])
    path.rename(tmp_path / "elsewhere.db")
    if how == "replaced":
        path.touch()
    with pytest.raises(FileGoneError, match="deleted or replaced"):
        await file.write(noting("lost"))
    with pytest.raises(FileGoneError):
        file.write_now(noting("lost"))
    assert bodies(file) == ["kept"]
    file.close()
