"""The registers of one node, in a file of their own, kept by the cr-sqlite extension.

One connection, used in one thread: cr-sqlite counts versions per connection, and a write costs an
fsync, which must not stop the event loop. `synchronous=FULL`, although a lost row could be built
again: a version that a peer has, and a power cut took from here, would be given to another change.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import pysqlite3.dbapi2 as sqlite

from replication.adapters.claim_rows import (
    CARD_CLAIMS_TABLE,
    DROP_CLAIM,
    LIST_CLAIMS,
    PUT_CLAIM,
    SETTLE_CLAIM,
    claim_row,
    claims_of,
    verdict_row,
)
from replication.adapters.register_rows import (
    DROP,
    HELD_JOBS_TABLE,
    KEEP_OWN_VERSION,
    KEEP_VERSION,
    LIST,
    MERGE,
    NEWER,
    PUT,
    ROWS_PER_VERSION,
    SCHEMA_VERSION,
    VERSIONS_TABLE,
    change_of,
    is_known,
    job_of,
    merge_row,
    row_of,
)
from replication.adapters.sqlite_file import BUSY_TIMEOUT_MS, translated
from replication.errors import ReplicationError, StoreClosedError
from replication.registers import (
    BATCH_CHANGES_MAX,
    Batch,
    CardClaim,
    HeldJob,
    Versions,
    lacking,
    newest,
    whole_versions,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from replication.messages import RegisterChange

T = TypeVar("T")


class ExtensionMissingError(ReplicationError):
    """The cr-sqlite extension cannot be loaded. Install it with: make tools."""


class Registers:
    """`registers.db`. Close it; everything else may be called at any time from the event loop."""

    def __init__(self, path: Path, extension_path: Path) -> None:
        self.path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=path.name)
        self._closed = False
        self._grown = asyncio.Event()
        self._connection = self._thread.submit(_open, path, extension_path).result()
        self.origin, self._versions = self._thread.submit(_read_versions, self._connection).result()

    @property
    def versions(self) -> Versions:
        """What is here, of each writer."""
        return self._versions

    async def put_held_job(self, job: HeldJob) -> None:
        """Make the index say this of the job; an equal row changes nothing."""
        await self.put_held_jobs([job])

    async def put_held_jobs(self, jobs: Sequence[HeldJob]) -> None:
        """Make the index say this of each job, a bounded number in one transaction."""
        for first in range(0, len(jobs), ROWS_PER_VERSION):
            rows = [row_of(job) for job in jobs[first : first + ROWS_PER_VERSION]]
            await self._write_own(lambda rows=rows: self._connection.executemany(PUT, rows))  # type: ignore[misc]

    async def drop_held_job(self, job_uuid: str) -> None:
        """Take the job out of the index; one that is not there changes nothing."""
        await self._write_own(lambda: self._connection.execute(DROP, (job_uuid,)))

    async def held_jobs(self) -> tuple[HeldJob, ...]:
        """Every job that any site holds, as far as this node has heard."""
        rows = await self._run(lambda: self._connection.execute(LIST).fetchall())
        return tuple(job_of(row) for row in rows)

    async def put_card_claim(self, claim: CardClaim) -> None:
        """Make the register say this of the card at that site; durable on return."""
        row = claim_row(claim)
        await self._write_own(lambda: self._connection.execute(PUT_CLAIM, row))

    async def settle_card_claims(self, verdicts: Sequence[CardClaim]) -> None:
        """Write state and reason of these claims; one that is gone meanwhile stays so."""
        rows = [verdict_row(claim) for claim in verdicts]
        await self._write_own(lambda: self._connection.executemany(SETTLE_CLAIM, rows))

    async def drop_card_claim(self, card_hash: str, site_name: str) -> None:
        """Take the claim out of the register; one that is not there changes nothing."""
        key = (card_hash, site_name)
        await self._write_own(lambda: self._connection.execute(DROP_CLAIM, key))

    async def card_claims(self) -> tuple[CardClaim, ...]:
        """Every claim of any site, as far as this node has heard."""
        return claims_of(await self._run(lambda: self._connection.execute(LIST_CLAIMS).fetchall()))

    async def newer_than(self, versions: Versions) -> Batch | None:
        """The next whole versions that `versions` lacks; None: nothing."""
        origins = lacking(self._versions, versions)
        if not origins:
            return None
        return await self._run(lambda: self._collect(origins, versions))

    async def merge(self, batch: Batch) -> None:
        """Take the changes over, and remember how far they go. Repeats change nothing.

        A column that only a newer version knows is passed over; see `SCHEMA_VERSION`.
        """
        known = [merge_row(change) for change in batch.changes if is_known(change)]
        versions = dict(batch.versions)

        def work() -> dict[str, int]:
            self._connection.executemany(MERGE, known)
            return versions

        await self._write(work)

    async def wait_beyond(self, versions: Versions) -> None:
        """Return once something is here that `versions` lacks."""
        while not lacking(self._versions, versions):
            await self._grown.wait()

    def close(self) -> None:
        """Finish what waits, then close the file."""
        if not self._closed:
            self._closed = True
            self._thread.submit(_close, self._connection).result()
            self._thread.shutdown()

    def _collect(self, origins: Iterable[str], versions: Versions) -> Batch:
        changes: list[RegisterChange] = []
        complete: dict[str, int] = {}
        here = self._versions
        for origin in origins:
            if len(changes) >= BATCH_CHANGES_MAX:
                break
            after = (bytes.fromhex(origin), versions.get(origin, 0))
            rows = map(change_of, self._connection.execute(NEWER, after))
            taken, is_all = whole_versions(rows, BATCH_CHANGES_MAX - len(changes))
            changes.extend(taken)
            complete[origin] = here[origin] if is_all else taken[-1].db_version
        return Batch(changes=tuple(changes), versions=complete)

    async def _write_own(self, work: Callable[[], object]) -> None:
        def own() -> dict[str, int]:
            before = self._connection.total_changes
            work()
            if self._connection.total_changes == before:
                return {}
            # What cr-sqlite gives this transaction. Asked without a change it would be used up.
            version = self._connection.execute("SELECT crsql_next_db_version()").fetchone()[0]
            return {self.origin: version}

        await self._write(own)

    async def _write(self, work: Callable[[], dict[str, int]]) -> None:
        loop = asyncio.get_running_loop()

        def transaction() -> None:
            with _transaction(self._connection):
                versions = work()
                self._connection.executemany(KEEP_VERSION, versions.items())
            # From the thread, so that peers are told even where the caller has gone away meanwhile.
            loop.call_soon_threadsafe(self._keep, versions)

        await self._run(transaction)

    def _keep(self, versions: dict[str, int]) -> None:
        self._versions = newest(self._versions, versions)
        self._grown.set()
        self._grown = asyncio.Event()

    async def _run(self, work: Callable[[], T]) -> T:
        if self._closed:
            raise StoreClosedError
        return await asyncio.get_running_loop().run_in_executor(self._thread, _guarded, work)


def _guarded(work: Callable[[], T]) -> T:
    try:
        return work()
    except sqlite.Error as error:
        raise translated(error) from error


def _open(path: Path, extension_path: Path) -> Any:  # noqa: ANN401 - the driver has no types
    if not extension_path.is_file():
        raise ExtensionMissingError
    # Whoever runs the executor decides which thread it is; there is only ever one at a time.
    connection = sqlite.connect(
        str(path),
        timeout=BUSY_TIMEOUT_MS / 1000,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.enable_load_extension(True)  # noqa: FBT003 - the driver's only form
        connection.load_extension(str(extension_path))
        connection.enable_load_extension(False)  # noqa: FBT003 - the driver's only form
    except sqlite.Error as error:
        connection.close()
        raise ExtensionMissingError(
            f"{ExtensionMissingError.__doc__} ({extension_path.name}: {error})"
        ) from error
    try:
        _prepare(connection)
    except sqlite.Error as error:
        _close(connection)
        raise translated(error) from error
    return connection


def _prepare(connection: Any) -> None:  # noqa: ANN401 - the driver has no types
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    with _transaction(connection):
        connection.execute(HELD_JOBS_TABLE)
        connection.execute(CARD_CLAIMS_TABLE)
        connection.execute(VERSIONS_TABLE)
        # Two arguments: the one-argument form reads past its string and fails at random.
        connection.execute("SELECT crsql_as_crr('main', 'held_jobs')").fetchall()
        connection.execute("SELECT crsql_as_crr('main', 'card_claims')").fetchall()
    if connection.execute("PRAGMA user_version").fetchone()[0] != SCHEMA_VERSION:
        with _transaction(connection):
            connection.execute("DELETE FROM register_versions")
            connection.execute(KEEP_OWN_VERSION)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _close(connection: Any) -> None:  # noqa: ANN401 - the driver has no types
    # Without this the extension's statements keep the file open.
    connection.execute("SELECT crsql_finalize()").fetchall()
    connection.close()


@contextmanager
def _transaction(connection: Any) -> Iterator[None]:  # noqa: ANN401 - the driver has no types
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _read_versions(connection: Any) -> tuple[str, dict[str, int]]:  # noqa: ANN401 - no types
    origin = connection.execute("SELECT crsql_site_id()").fetchone()[0].hex()
    return origin, dict(connection.execute("SELECT origin, version FROM register_versions"))
