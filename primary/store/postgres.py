"""The ledger's PostgreSQL: one writer with group commit, a few readers, and an outage that is news.

Theory of operation
-------------------
It stands where a SQLite file stands and keeps the same promises (tests/contract/test_ledger.py).
One thread writes: whatever waits becomes one transaction, each piece of work in a savepoint of its
own, committed once. Readers take a connection of a small pool and see one snapshot (REPEATABLE
READ); they wait for a network, so who has an event loop asks through `Ledger.ask`.

PostgreSQL may be away. Then a call fails with `StorageError` after `CONNECT_TIMEOUT_S` at most, or
after `SILENCE_S` where it falls silent in the middle (`postgres_silence.py`), and for `RETRY_MS`
after a failed connect nobody tries again: calls fail at once, no thread waits, and nothing spins.
Nothing is kept for later here: whoever was not told "done" asks again. Where the connection broke
during the COMMIT nobody knows what became of it; the caller hears that it failed, and finds the
entry there when it asks again, since appending twice changes nothing.

The tables are made when the server first answers, so a primary may start before its ledger does.

Rejected: an async driver. The work is a few statements in one transaction on one connection; a
thread per store is what SQLite needs anyway, and one kind of `Work` serves both.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import Connection, Engine, MetaData, create_engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from primary.store.postgres_silence import SILENCE_S, PatientConnection, patient
from replication.adapters.system_clock import SystemClock
from replication.adapters.writer_thread import Waiting, Work, WriterThread
from replication.errors import StorageError, StorageFullError
from replication.schema.expand import expand

T = TypeVar("T")

CONNECT_TIMEOUT_S: Final = 3
RETRY_MS: Final = 1_000
"""After a failed connect; a fresh try costs a thread for up to `CONNECT_TIMEOUT_S`."""
READERS_MAX: Final = 4
POOL_TIMEOUT_S: Final = 10
PASSWORD_BYTES_MAX: Final = 1_024
DISK_FULL: Final = "53100"
_TRANSPORT: Final[dict[str, str | int]] = {
    "connect_timeout": CONNECT_TIMEOUT_S,
    "application_name": "holdfast-primary",
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""A server that is gone without a word is noticed after 10 s of silence (TCP_USER_TIMEOUT)."""
_READING: Final = "-c default_transaction_read_only=on -c statement_timeout=120s"
LONG_READ_S: Final = 130.0
"""What a long read may take without a word: a little more than the server gives it."""
PREPARING_S: Final = 1_800.0
"""The same for one statement of a change of the schema: an index of very many rows."""
_WRITING: Final = "-c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"
_DURABLE: Final = (
    "SELECT set_config('synchronous_commit', 'on', false) "
    "WHERE current_setting('synchronous_commit') = 'off'"
)
"""A site is told "yes" on this commit, whatever the server's own default is."""

_STATE: Final = (
    "SELECT current_setting('server_version'), current_user, current_setting('fsync') = 'on', "
    "has_schema_privilege(current_schema(), 'CREATE')"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresAddress:
    """Where the ledger is. The URL holds no password (the configuration refuses one)."""

    url: str
    password_file: Path | None = None
    silence_s: float = SILENCE_S
    """How long it may say nothing before it counts as away."""

    def __str__(self) -> str:
        """As an operator may see it."""
        return self.url.partition("?")[0]

    def connect(self, options: str) -> "psycopg.Connection[Any]":
        """A new connection. Errors: `psycopg.Error`, `StorageError` for the password file."""
        given = conninfo_to_dict(self.url).get("options") or ""
        more: dict[str, str | int] = {**_TRANSPORT, "options": f"{given} {options}"}
        if self.password_file is not None:
            more["password"] = _password(self.password_file)
        connection = PatientConnection.connect(make_conninfo(self.url, **more))
        connection.silence_s = self.silence_s
        return connection


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresState:
    """What a doctor looks at. `may_create`: the role has a schema in which it may make tables."""

    version: str
    role: str
    is_durable: bool
    may_create: bool


def state_of(address: PostgresAddress) -> PostgresState:
    """The state of that server, over a connection of its own. Errors: `StorageError`."""
    try:
        with address.connect(_READING) as connection:
            row = connection.execute(_STATE).fetchone()
    except psycopg.Error as error:
        raise translated(address, error) from error
    version, role, is_durable, may_create = row or ("", "", False, False)
    return PostgresState(
        version=version, role=role, is_durable=is_durable, may_create=bool(may_create)
    )


class PostgresDatabase:
    """A database of this process: `await write(work)` and `with read() as connection`."""

    def __init__(
        self,
        address: PostgresAddress,
        metadata: MetaData,
        fill_up: Work[None] | None = None,
        *,
        read_s: float | None = None,
    ) -> None:
        """Connect to nothing yet. `fill_up` is done after the tables are there, each time.

        A statement of a reader may take `read_s`; None: no longer than the address says.
        """
        self._read_s = address.silence_s if read_s is None else read_s
        self._address = address
        self._metadata = metadata
        self._fill_up = fill_up
        self._gate = _Gate(address)
        self._preparing = threading.Lock()
        self._is_prepared = False
        self._writing = _engine(self._gate.write, pool_size=1)
        self._reading = _engine(
            self._gate.read, pool_size=READERS_MAX, isolation_level="REPEATABLE READ"
        )
        self._writer = WriterThread("writer of the ledger", self._commit)

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction and return its result once that is on the server's disk.

        Errors: `StorageFullError`, `StorageError`, and what `work` raises.
        """
        return await self._writer.write(work)

    def write_now(self, work: Work[T]) -> T:
        """Run `work` in a transaction from a program without an event loop."""
        with self._translating():
            self._prepare()
            with self._writing.begin() as connection:
                return work(connection)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection inside one read transaction: everything read belongs together."""
        with self._translating():
            self._prepare()
            with self._reading.begin() as connection, patient(connection, self._read_s):
                yield connection

    def close(self) -> None:
        """Finish what waits, then close the connections."""
        if not self._writer.close():
            return
        self._reading.dispose()
        self._writing.dispose()

    def _commit(self, batch: Sequence[Waiting]) -> bool:
        try:
            with self._translating():
                self._prepare()
                with self._writing.begin() as connection:
                    for waiting in batch:
                        self._run_one(connection, waiting)
        except Exception as error:  # noqa: BLE001 - whatever it is, every caller must hear it
            for waiting in batch:
                waiting.error = error
            return False
        return True

    def _run_one(self, connection: Connection, waiting: Waiting) -> None:
        try:
            with connection.begin_nested():
                waiting.result = waiting.work(connection)
        except Exception as error:  # the caller's own error goes back to the caller
            if connection.invalidated or connection.closed:
                raise  # The connection is gone: every caller of the batch must hear it.
            known = isinstance(error, DBAPIError | psycopg.Error)
            waiting.error = translated(self._address, error) if known else error

    def _prepare(self) -> None:
        with self._preparing:
            if not self._is_prepared:
                with self._writing.begin() as connection, patient(connection, PREPARING_S):
                    connection.exec_driver_sql("SET LOCAL lock_timeout = '60s'")
                    expand(connection, self._metadata)
                    if self._fill_up is not None:
                        self._fill_up(connection)
                self._is_prepared = True

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, psycopg.Error) as error:
            raise translated(self._address, error) from error


class _Gate:
    """Makes connections, and none for a while after one could not be made."""

    def __init__(self, address: PostgresAddress) -> None:
        self._address = address
        self._clock = SystemClock()
        self._closed_until_ms = 0
        self._said = ""

    def read(self) -> "psycopg.Connection[Any]":
        """A connection that only reads."""
        return self._connect(_READING)

    def write(self) -> "psycopg.Connection[Any]":
        """A connection whose commits are on the disk."""
        connection = self._connect(_WRITING)
        connection.execute(_DURABLE)
        connection.commit()
        return connection

    def _connect(self, options: str) -> "psycopg.Connection[Any]":
        if self._clock.monotonic_ms() < self._closed_until_ms:
            raise psycopg.OperationalError(self._said)
        try:
            return self._address.connect(options)
        except psycopg.OperationalError as error:
            self._said = str(error)
            self._closed_until_ms = self._clock.monotonic_ms() + RETRY_MS
            raise


def translated(address: PostgresAddress, error: Exception) -> Exception:
    """The driver's error in our words."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(origin, psycopg.Error) and origin.sqlstate == DISK_FULL:
        return StorageFullError("The ledger's PostgreSQL has no room left; nothing was written.")
    said = " ".join(str(origin).split())
    if isinstance(error, PoolTimeoutError) or isinstance(origin, psycopg.OperationalError):
        return StorageError(
            f"The ledger at {address} does not answer; try again when it is back: {said}"
        )
    return StorageError(f"The ledger at {address} refused the transaction: {said}")


def _engine(creator: Any, **more: Any) -> Engine:  # noqa: ANN401 - as SQLAlchemy has them
    # pre_ping: a connection that the server ended meanwhile is replaced before it is used.
    return create_engine(
        "postgresql+psycopg://",
        creator=creator,
        paramstyle="format",
        pool_pre_ping=True,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_S,
        **more,
    )


def _password(path: Path) -> str:
    try:
        if path.stat().st_mode & 0o007:
            raise StorageError(f"Everybody may read {path}. Run: chmod o= {path}")
        with path.open("rb") as file:
            return file.read(PASSWORD_BYTES_MAX).decode("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"The ledger's password cannot be read from {path}: {error}") from error
