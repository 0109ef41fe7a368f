"""The whole way down on real parts: directory -> litestream -> mirror -> applier -> replica."""
# ruff: noqa: S608 - the statements are this test's own

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING, Any

import pysqlite3.dbapi2 as sqlite
import pytest_asyncio
from sqlalchemy import text

from replication.adapters.applier_process import Applied, ApplierProcess
from replication.adapters.child_process import ChildNotRunningError
from replication.adapters.litestream_process import LitestreamOptions, LitestreamProcess
from replication.adapters.ltx_folder import ltx_path, scan_ltx
from replication.adapters.ltx_mirror import Mirror, NotThereError
from replication.adapters.ltx_store import LtxStore
from replication.adapters.replica import Replica
from replication.ltx import LtxError, read_ltx
from replication.manifest import LtxName, Manifest
from replication.position import Position
from tests.unit.replication.adapters.database_pages import database_image
from tests.unit.replication.ltx_encoder import Ltx

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Iterator
    from pathlib import Path

LINEAGE = "0123456789abcdef" * 2
ROWS = 3_000
KILL_ROUNDS = 8


class Primary:
    """A directory, its litestream and its store."""

    def __init__(self, folder: Path, options: LitestreamOptions | None = None) -> None:
        self.path = folder / "directory.db"
        self.connection: Any = sqlite.connect(str(self.path), isolation_level=None, timeout=5)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=0"):
            self.connection.execute(f"PRAGMA {pragma}")
        self.litestream = LitestreamProcess(
            directory_path=self.path,
            store=folder / "store",
            runtime_folder=folder / "run",
            options=options,
        )
        self.store = LtxStore(folder / "store")
        self.version = 0

    def fill(self) -> None:
        self.connection.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, version, note)")
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.executemany(
            "INSERT INTO users VALUES (?, 0, ?)", ((n, f"note {n} " * 5) for n in range(ROWS))
        )
        self.connection.execute("COMMIT")

    def commit(self, *statements: str) -> None:
        """One transaction, in which every row gets a new version."""
        self.version += 1
        self.connection.execute("BEGIN IMMEDIATE")
        for statement in (*statements, f"UPDATE users SET version = {self.version}"):
            self.connection.execute(statement)
        self.connection.execute("COMMIT")

    def manifest(self) -> Manifest:
        return Manifest(lineage=LINEAGE, entries=self.store.entries())

    async def fetch(self, name: LtxName, lineage: str) -> AsyncGenerator[bytes, None]:
        assert lineage == LINEAGE
        try:
            yield self.store.path(name).read_bytes()
        except FileNotFoundError as error:
            raise NotThereError from error

    async def image(self) -> tuple[int, bytes]:
        """A TXID and the pages of the directory at it (litestream itself writes now and then)."""
        while True:
            txid = await self.litestream.sync()
            image = await asyncio.to_thread(database_image, self.path)
            if await self.litestream.sync() == txid:
                return txid, image


class Site:
    """A mirror, an applier and a replica."""

    def __init__(self, folder: Path, primary: Primary) -> None:
        self.replica_path = folder / "replica.db"
        self.mirror_folder = folder / "mirror"
        self.mirror = Mirror(self.mirror_folder, primary.fetch)
        self.applier = ApplierProcess(replica_path=self.replica_path, mirror=self.mirror_folder)
        self.refused: list[str] = []

    async def catch_up(self, manifest: Manifest) -> Position:
        """Pull and apply until nothing is refused."""
        while True:
            await self.mirror.pull(manifest)
            applied = await self.applier.apply(LINEAGE, manifest.head_txid)
            if applied.position is not None:
                await self.mirror.applied(applied.position)
            if not applied.refused:
                assert applied.position is not None
                return applied.position
            self.refused += applied.refused
            await self.mirror.drop(applied.refused)

    async def image(self) -> bytes:
        return await asyncio.to_thread(database_image, self.replica_path)


@asynccontextmanager
async def running(*services: Coroutine[Any, Any, Any]) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(service) for service in services]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task


@pytest_asyncio.fixture
async def primary(tmp_path: Path) -> AsyncIterator[Primary]:
    primary = Primary(tmp_path)
    with closing(primary.connection):
        primary.fill()
        async with running(primary.litestream.run()):
            yield primary


@pytest_asyncio.fixture
async def site(tmp_path: Path, primary: Primary) -> AsyncIterator[Site]:
    site = Site(tmp_path, primary)
    async with running(site.applier.run()):
        yield site


class Reader(threading.Thread):
    """Reads without a pause on two connections that stay open, and notes what is wrong."""

    def __init__(self, path: Path) -> None:
        super().__init__(name="reader")
        self.path = path
        self.stopped = threading.Event()
        self.seen: list[int] = []
        self.wrong: list[str] = []

    def run(self) -> None:
        uri = f"{self.path.as_uri()}?mode=ro"
        with (
            closing(sqlite.connect(uri, uri=True, timeout=0)) as quick,
            closing(sqlite.connect(uri, uri=True, timeout=0)) as thorough,
        ):
            thorough.execute("PRAGMA cache_size=-64000")
            last = False
            while not last:
                # One more look after the last change: an old connection must show it.
                last = self.stopped.is_set()
                try:
                    self.look(quick, thorough)
                except sqlite.Error as error:
                    self.wrong.append(f"error: {error}")

    def look(self, quick: sqlite.Connection, thorough: sqlite.Connection) -> None:
        low, high, count = quick.execute(
            "SELECT min(version), max(version), count(*) FROM users"
        ).fetchone()
        if low != high or count != ROWS:
            self.wrong.append(f"torn: versions {low} to {high}, {count} rows")
        if self.seen and low < self.seen[-1]:
            self.wrong.append(f"went back from {self.seen[-1]} to {low}")
        if not self.seen or low != self.seen[-1]:
            self.seen.append(low)
            verdict = thorough.execute("PRAGMA integrity_check").fetchone()[0]
            if verdict != "ok":
                self.wrong.append(f"integrity: {verdict}")


@contextlib.contextmanager
def reading(path: Path) -> Iterator[Reader]:
    reader = Reader(path)
    reader.start()
    try:
        yield reader
    finally:
        reader.stopped.set()
        reader.join()


def random_change(draw: random.Random, number: int) -> list[str]:
    row = draw.randrange(ROWS)
    return draw.choice(
        [
            [f"UPDATE users SET note = 'changed {number}' WHERE id = {row}"],
            [f"UPDATE users SET note = hex(zeroblob({draw.randrange(20_000)})) WHERE id = {row}"],
            [f"ALTER TABLE users ADD COLUMN extra_{number} INTEGER DEFAULT {number}"],
            [f"CREATE INDEX ix_{number} ON users (note)"],
            [f"CREATE TABLE t_{number} (a)", f"INSERT INTO t_{number} VALUES (zeroblob(99999))"],
            ["DROP INDEX IF EXISTS ix_1", "DROP TABLE IF EXISTS t_2"],
        ]
    )


async def test_the_replica_equals_the_directory_at_every_txid(primary: Primary, site: Site) -> None:
    draw = random.Random(20_261)
    txids = []
    for number in range(20):
        primary.commit(*random_change(draw, number))
        if number == 12:
            for statement in ("DROP TABLE IF EXISTS t_4", "VACUUM"):
                primary.connection.execute(statement)
        txid, image = await primary.image()
        position = await site.catch_up(primary.manifest())
        assert position == Position(lineage=LINEAGE, txid=txid)
        assert await site.image() == image
        txids.append(txid)
    assert txids == sorted(set(txids))


async def test_a_replica_shrinks_with_its_directory(primary: Primary, site: Site) -> None:
    primary.connection.execute("CREATE TABLE big AS SELECT zeroblob(3000000) AS hole")
    await primary.litestream.sync()
    await site.catch_up(primary.manifest())
    large = len(await site.image())
    for statement in ("DROP TABLE big", "VACUUM"):
        primary.connection.execute(statement)
    _, image = await primary.image()
    await site.catch_up(primary.manifest())
    assert len(image) < large - 2_500_000
    assert await site.image() == image


async def test_long_lived_readers_are_always_fresh_and_never_torn(
    primary: Primary, site: Site
) -> None:
    await primary.litestream.sync()
    await site.catch_up(primary.manifest())
    with reading(site.replica_path) as reader, closing(Replica(site.replica_path)) as replica:
        for number in range(30):
            primary.commit(f"UPDATE users SET note = 'x' WHERE id < {number * 100}")
            head = await primary.litestream.sync()
            position = await site.catch_up(primary.manifest())
            assert position.txid == head
            with replica.snapshot() as snapshot:
                seen = snapshot.execute(text("SELECT max(version) FROM users")).scalar_one()
            assert seen == primary.version
            assert replica.position == position
    assert reader.wrong == []
    assert reader.seen[-1] == primary.version
    assert len(reader.seen) > 3


async def test_an_applier_that_is_killed_anywhere_leaves_a_replica_that_is_whole(
    primary: Primary, site: Site
) -> None:
    draw = random.Random(99)
    loop = asyncio.get_running_loop()
    await primary.litestream.sync()
    await site.catch_up(primary.manifest())
    died, took_s = 0, 0.02
    with reading(site.replica_path) as reader:
        for _ in range(KILL_ROUNDS):
            primary.commit("UPDATE users SET note = hex(randomblob(300))")
            txid, image = await primary.image()
            await site.mirror.pull(primary.manifest())
            async with asyncio.TaskGroup() as group:
                apply = group.create_task(outcome(site.applier.apply(LINEAGE, txid)))
                await asyncio.sleep(draw.uniform(0, took_s))
                site.applier.child.kill()
            died += apply.result() is None
            started_s = loop.time()
            position = await site.catch_up(primary.manifest())
            took_s = max(took_s, min(loop.time() - started_s, 0.1))
            assert position.txid == txid
            assert await site.image() == image
    assert reader.wrong == []
    assert died > 0


async def outcome(work: Coroutine[Any, Any, Applied]) -> Applied | None:
    """The result of `work`; None where the program died over it."""
    try:
        return await work
    except ChildNotRunningError:
        return None


async def test_after_a_killed_litestream_and_writes_meanwhile_the_replica_catches_up(
    primary: Primary, site: Site
) -> None:
    await primary.litestream.sync()
    await site.catch_up(primary.manifest())
    for _ in range(2):
        primary.litestream.child.kill()
        primary.commit("UPDATE users SET note = 'written while litestream was dead' WHERE id = 7")
        txid, image = await primary.image()
        position = await site.catch_up(primary.manifest())
        assert position.txid == txid
        assert await site.image() == image
    assert primary.litestream.child.restarts == 2


async def test_a_flipped_bit_is_refused_fetched_again_and_never_applied(
    primary: Primary, site: Site
) -> None:
    draw = random.Random(5)
    await primary.litestream.sync()
    await site.catch_up(primary.manifest())
    with reading(site.replica_path) as reader:
        for _ in range(5):
            primary.commit("UPDATE users SET note = hex(randomblob(20))")
            txid, image = await primary.image()
            new = await site.mirror.pull(primary.manifest())
            name = draw.choice(new)
            flip_a_bit(ltx_path(site.mirror_folder / LINEAGE, name), draw)
            position = await site.catch_up(primary.manifest())
            assert site.refused.pop() == str(name)
            assert position.txid == txid
            assert await site.image() == image
    assert reader.wrong == []


def flip_a_bit(path: Path, draw: random.Random) -> None:
    """Flip a bit that matters: the checksum covers pages, and LZ4 can say one page in many ways."""
    sound = path.read_bytes()
    while True:
        data = bytearray(sound)
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        path.write_bytes(bytes(data))
        try:
            read_ltx(bytes(data))
        except LtxError:
            return


async def test_a_site_that_was_away_catches_up_and_another_starts_from_nothing(
    primary: Primary, site: Site, tmp_path: Path
) -> None:
    await primary.litestream.sync()
    await site.catch_up(primary.manifest())
    for number in range(60):
        primary.commit(f"UPDATE users SET note = 'away' WHERE id = {number}")
        await primary.litestream.sync()
    txid, image = await primary.image()
    assert (await site.catch_up(primary.manifest())).txid == txid
    assert await site.image() == image
    (tmp_path / "lima").mkdir()
    other = Site(tmp_path / "lima", primary)
    async with running(other.applier.run()):
        assert (await other.catch_up(primary.manifest())).txid == txid
        assert await other.image() == image


async def test_syncs_are_shared_and_each_covers_the_commits_before_it(primary: Primary) -> None:
    await primary.litestream.sync()
    before = len(primary.store.entries())
    heads: list[int] = []

    async def commit_and_sync() -> None:
        primary.commit()
        heads.append(await primary.litestream.sync())

    async with asyncio.TaskGroup() as group:
        for _ in range(50):
            group.create_task(commit_and_sync())
    assert len(heads) == 50
    assert max(heads) == await primary.litestream.sync()
    assert len(primary.store.entries()) - before <= 4


async def test_a_sync_without_a_commit_keeps_the_txid(primary: Primary) -> None:
    first = await primary.litestream.sync()
    assert await primary.litestream.sync() == first


async def test_the_reader_and_the_tests_encoder_agree_with_litestream(tmp_path: Path) -> None:
    options = LitestreamOptions(snapshot_interval="1s")
    primary = Primary(tmp_path, options)
    with closing(primary.connection):
        primary.fill()
        async with running(primary.litestream.run()):
            async with asyncio.timeout(30):
                while not any(name.is_snapshot for name, _ in scan_ltx(tmp_path / "store")):
                    primary.commit()
                    await primary.litestream.sync()
                    await asyncio.sleep(0.1)
    read = 0
    for name, _ in scan_ltx(tmp_path / "store"):
        data = primary.store.path(name).read_bytes()
        file = read_ltx(data, str(name))
        assert (file.header.min_txid, file.header.max_txid) == (name.min_txid, name.max_txid)
        again = Ltx(
            pages=dict(file.pages()),
            min_txid=name.min_txid,
            max_txid=name.max_txid,
            commit=file.header.commit,
            page_size=file.header.page_size,
        ).encode()
        # Another LZ4 packs otherwise, and the times differ; what is said of the pages does not.
        copy = read_ltx(again)
        assert dict(copy.pages()) == dict(file.pages())
        read += 1
    assert read > 3


async def test_litestream_stops_with_its_server_and_starts_again_where_it_was(
    tmp_path: Path,
) -> None:
    primary = Primary(tmp_path)
    with closing(primary.connection):
        primary.fill()
        async with running(primary.litestream.run()):
            first = await primary.litestream.sync()
        primary.commit()
        async with running(primary.litestream.run()):
            assert await primary.litestream.sync() > first
    assert (tmp_path / "run" / "litestream.json").stat().st_mode & 0o077 == 0
