"""The directory as the primary writes it: sites, watermarks and balances.

Every commit calls `on_commit`, so that the publisher can tell the sites. Only litestream
checkpoints this file (`wal_autocheckpoint=0`): a checkpoint by anybody else would hide pages from
it.

Money moves here in one way only, `project`: balances, grants and watermark in one transaction. What
the ledger holds and the directory does not is found by the watermark and moved later, so a crash
between the two files costs nothing (see `primary.service.ingest`).
"""

import asyncio
import json
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.dialects.sqlite import dialect, insert

from primary.errors import NotFoundError, SiteRevokedError
from primary.store import restores
from primary.store.projection import WATERMARKS, Moved, projection, watermark_of
from replication.adapters.sqlite_file import SqliteFile, Work, open_engine
from replication.journal import JournalHead
from replication.schema.directory import (
    balances,
    directory_metadata,
    heartbeat,
    sites,
)

T = TypeVar("T")

APPROVED: Final = "approved"
KNOWN_PAYERS_MAX: Final = 50_000
"""Payers remembered, about 6 MB; then it begins anew."""
REVOKED: Final = "revoked"
FENCED: Final = "fenced"

_SITE = select(
    sites.c.site_name,
    sites.c.title,
    sites.c.epoch,
    sites.c.state,
    sites.c.state_reason,
    sites.c.certificate_until_wall_ms,
).order_by(sites.c.site_name)
_SITE_COLUMNS: Final = tuple(column.name for column in _SITE.selected_columns)
_ONE_SITE: Final = _SITE.where(sites.c.site_name == bindparam("site"))
_ONE_SITE_TEXT: Final = str(_ONE_SITE.compile(dialect=dialect(paramstyle="named")))
_COUNT_SITES_TEXT: Final = str(select(func.count()).select_from(sites).compile())
_PUT_SITE: Final = (
    insert(sites)
    .values(site_name=bindparam("site"), title=bindparam("title"))
    .on_conflict_do_update(index_elements=["site_name"], set_={"title": bindparam("title")})
)
_NEW_EPOCH: Final = (
    update(sites)
    .where(sites.c.site_name == bindparam("site"))
    .values(
        epoch=func.max(sites.c.epoch + 1, restores.NEWEST_FLOOR), state=APPROVED, state_reason=""
    )
    .returning(sites.c.epoch)
)
_FENCE: Final = (
    update(sites)
    .where(sites.c.site_name == bindparam("site"), sites.c.state == APPROVED)
    .values(state=FENCED, state_reason=bindparam("reason"))
)
_BALANCE: Final = select(balances.c.balance_micros).where(balances.c.payer == bindparam("who"))
_KNOWN: Final = select(balances.c.payer).where(
    balances.c.payer.in_(select(func.json_each(bindparam("payers")).table_valued("value").c.value))
)
_BALANCES: Final = _KNOWN.add_columns(balances.c.balance_micros)
_LINEAGE: Final = select(heartbeat.c.lineage)
_HEART_TIME: Final = select(heartbeat.c.wall_ms)
_CURRENCY: Final = select(heartbeat.c.currency)
_INSERT_HEART: Final = insert(heartbeat)
_BEAT: Final = update(heartbeat).values(
    wall_ms=bindparam("now"),
    min_reader=func.max(heartbeat.c.min_reader, bindparam("reader")),
    backup_window_ms=bindparam("window"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site as headquarters knows it. `epoch` 0: it never joined."""

    site_name: str
    title: str
    epoch: int
    state: str
    state_reason: str
    certificate_until_wall_ms: int | None = None
    """The end of the newest certificate that it was given; None: that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heart:
    """The heartbeat row as it is first written. `lineage` is 32 hex digits, never changed again."""

    lineage: str
    wall_ms: int
    min_reader: int
    currency: str


def _nobody() -> None:
    """Nobody wants to hear of commits."""


class Directory:
    """`directory.db`: reads in the caller, one writer, `on_commit` after each commit."""

    def __init__(self, path: Path, *, on_commit: Callable[[], None] = _nobody) -> None:
        self.path = path
        self.on_commit = on_commit
        self._known_payers: set[str] = set()
        self._file = SqliteFile(path, directory_metadata, wal_autocheckpoint_pages=0)
        self._long_read = asyncio.Lock()

    def read(self) -> AbstractContextManager[Connection]:
        """A connection inside one read transaction."""
        return self._file.read()

    async def read_long(self, read: Work[T]) -> T:
        """What `read` returns, from a thread and a connection of its own: it may take seconds."""
        async with self._long_read:
            return await asyncio.to_thread(self._read_apart, read)

    def _read_apart(self, read: Work[T]) -> T:
        engine = open_engine(self._file.path, wal_autocheckpoint_pages=0)
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql("BEGIN")  # ends with the connection
                return read(connection)
        finally:
            engine.dispose()

    @property
    def waiting(self) -> int:
        """Transactions that wait for the disk."""
        return self._file.waiting

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction; what it returned, once that is on the disk."""
        result = await self._file.write(work)
        self.on_commit()
        return result

    def write_now(self, work: Work[T]) -> T:
        """Run `work` in a transaction from a program without an event loop."""
        return self._file.write_now(work)

    async def beat(self) -> None:
        """A trip through the writer's queue that changes nothing."""
        await self._file.write(_nothing)

    def close(self) -> None:
        """Finish what waits, then close the file."""
        self._file.close()

    def site(self, site_name: str) -> Site | None:
        """The site of this name."""
        row = self._file.look_up(_ONE_SITE_TEXT, {"site": site_name})
        if row is None:
            return None
        return Site(**dict(zip(_SITE_COLUMNS, row, strict=True)))

    def sites_count(self) -> int:
        """How many there are."""
        row = self._file.look_up(_COUNT_SITES_TEXT, {})
        return 0 if row is None else int(row[0])

    def sites(self) -> tuple[Site, ...]:
        """Every site, by name."""
        with self.read() as connection:
            return tuple(Site(**row._asdict()) for row in connection.execute(_SITE))

    async def put_site(self, site_name: str, title: str) -> None:
        """Make the site, or give it another title."""
        values = {"site": site_name, "title": title}
        await self.write(lambda connection: connection.execute(_PUT_SITE, values))

    async def new_epoch(self, site_name: str) -> int:
        """The epoch that this site starts now; it ends a fence, for a person made the join token.

        Errors: `NotFoundError`, and `SiteRevokedError` where a person took the site out of service.
        """

        def work(connection: Connection) -> int:
            row = connection.execute(_ONE_SITE, {"site": site_name}).one_or_none()
            if row is None:
                raise NotFoundError(f"Headquarters knows no site {site_name!r}.")
            if row.state == REVOKED:
                raise SiteRevokedError
            restores.put_heard(connection, site_name)
            return int(connection.execute(_NEW_EPOCH, {"site": site_name}).scalar_one())

        return await self.write(work)

    async def fence(self, site_name: str, reason: str) -> None:
        """Take the site out of the exchange until a person has looked; the first reason stays."""
        values = {"site": site_name, "reason": reason}
        await self.write(lambda connection: connection.execute(_FENCE, values))

    def lineage(self) -> str:
        """The identity of this directory, made once at init: 32 hex digits."""
        with self.read() as connection:
            return str(connection.execute(_LINEAGE).scalar_one())

    def heartbeat_wall_ms(self) -> int | None:
        """When headquarters wrote to this directory last; None where the file holds none."""
        with self.read() as connection:
            return connection.execute(_HEART_TIME).scalar_one_or_none()

    def own_epoch(self) -> int:
        """The epoch in which headquarters writes its own journal: a new one after each restore."""
        with self.read() as connection:
            return restores.floor_of(connection) or restores.FIRST_EPOCH

    @property
    def was_restored(self) -> bool:
        """Whether there may be what this directory has forgotten."""
        return self.own_epoch() != restores.FIRST_EPOCH

    def unheard(self) -> tuple[str, ...]:
        """The sites without whose word nothing is granted; none but after a restore."""
        with self.read() as connection:
            return restores.unheard(connection)

    def currency(self) -> str:
        """The currency's ISO 4217 code, for people."""
        with self.read() as connection:
            return str(connection.execute(_CURRENCY).scalar_one())

    async def heartbeat(self, *, wall_ms: int, min_reader: int, backup_window_ms: int) -> None:
        """Write the time into the heartbeat row: a site measures its staleness by it."""
        values = {"now": wall_ms, "reader": min_reader, "window": backup_window_ms}
        await self.write(lambda connection: connection.execute(_BEAT, values))

    def watermark(self, site_name: str, epoch: int) -> JournalHead:
        """How far this journal has taken effect in the balances; seq 0 when nothing has."""
        with self.read() as connection:
            return watermark_of(connection, site_name, epoch)

    def watermarks(self) -> tuple[JournalHead, ...]:
        """Every watermark, by site and epoch."""
        with self.read() as connection:
            return tuple(JournalHead(**row._asdict()) for row in connection.execute(WATERMARKS))

    def balance_micros(self, payer: str) -> int | None:
        """The payer's balance; None where there is no such payer."""
        with self.read() as connection:
            balance = connection.execute(_BALANCE, {"who": payer}).scalar_one_or_none()
        return None if balance is None else int(balance)

    def balances_of(self, payers: Collection[str]) -> dict[str, int]:
        """The balance of each of `payers` that has one."""
        with self.read() as connection:
            rows = connection.execute(_BALANCES, {"payers": json.dumps(list(payers))})
            return {payer: int(balance) for payer, balance in rows}

    def known_payers(self, payers: Collection[str]) -> frozenset[str]:
        """Those of `payers` that have a balance; none is ever deleted, so they are remembered."""
        known = self._known_payers.intersection(payers)
        fresh = known.symmetric_difference(payers)
        if fresh:
            with self.read() as connection:
                found = connection.execute(_KNOWN, {"payers": json.dumps(list(fresh))}).scalars()
                known.update(found)
            if len(self._known_payers) > KNOWN_PAYERS_MAX:
                self._known_payers.clear()
            self._known_payers.update(known)
        return frozenset(known)

    async def project(self, upto: JournalHead, moved: Moved, returned: Moved = ()) -> None:
        """Let `moved` (seq, movement) take effect and set the watermark to `upto`, together."""
        await self.write(projection(upto, moved, returned))


def insert_heartbeat(connection: Connection, heart: Heart) -> None:
    """Write the one row that makes a file a directory."""
    connection.execute(_INSERT_HEART, {"id": 1, **asdict(heart)})


def _nothing(_connection: Connection) -> None:
    """No work: only the way through the queue counts."""
