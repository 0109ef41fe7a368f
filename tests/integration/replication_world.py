"""Both ends of the way down on real parts, without a network, and a reader that looks on."""
# ruff: noqa: S608 - the statements are this test's own

from __future__ import annotations

import asyncio
import contextlib
import threading
from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING, Any

import pysqlite3.dbapi2 as sqlite

from replication.adapters.applier_process import ApplierProcess
from replication.adapters.litestream_process import LitestreamOptions, LitestreamProcess
from replication.adapters.ltx_fetch import NotThereError
from replication.adapters.ltx_mirror import Mirror
from replication.adapters.ltx_store import LtxStore
from replication.manifest import LtxName, Manifest
from tests.unit.replication.adapters.database_pages import database_image

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Iterator
    from pathlib import Path

    from replication.adapters.litestream_process import RemoteStore
    from replication.position import Position

LINEAGE = "0123456789abcdef" * 2
ROWS = 3_000


class Primary:
    """A directory, its litestream and its store."""

    def __init__(
        self,
        folder: Path,
        options: LitestreamOptions | None = None,
        remote: RemoteStore | None = None,
    ) -> None:
        self.path = folder / "directory.db"
        self.connection: Any = sqlite.connect(str(self.path), isolation_level=None, timeout=5)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=0"):
            self.connection.execute(f"PRAGMA {pragma}")
        self.litestream = LitestreamProcess(
            directory_path=self.path,
            store=remote or folder / "store",
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

    async def fetch(
        self, name: LtxName, lineage: str, offset_bytes: int = 0
    ) -> AsyncGenerator[bytes, None]:
        assert lineage == LINEAGE
        try:
            yield self.store.path(name).read_bytes()[offset_bytes:]
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


@asynccontextmanager
async def running_primary(
    folder: Path, remote: RemoteStore | None = None
) -> AsyncIterator[Primary]:
    """A filled directory with its litestream."""
    primary = Primary(folder, remote=remote)
    with closing(primary.connection):
        primary.fill()
        async with running(primary.litestream.run()):
            yield primary


@asynccontextmanager
async def running_site(folder: Path, primary: Primary) -> AsyncIterator[Site]:
    """A site whose applier runs."""
    site = Site(folder, primary)
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
