"""The ledger: every journal entry that was received, the money it moved, and the print log.

Append-only. An entry is known by (site, epoch, seq); appending it again changes nothing. Money is
recorded here first and moved in the directory after that, from what stands here.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from primary.store.ledger_facts import LedgerFact, insert_facts
from primary.store.ledger_heads import head_of, heads
from primary.store.ledger_sums import fill_up
from primary.store.ledger_tables import (
    entries,
    join_tokens,
    ledger_metadata,
    movements,
    requests,
)
from primary.store.postgres import PostgresAddress, PostgresDatabase
from replication.adapters.sqlite_file import SqliteFile, Work
from replication.entry_bodies import EntryKind, Movement, parse_body, returned
from replication.journal import Entry, JournalHead
from replication.ports import Micros, WallMs

T = TypeVar("T")

LEDGER_FILE: Final = "ledger.db"

Place = Path | PostgresAddress
"""Where a ledger is: the file `ledger.db`, or a database of PostgreSQL."""

WAL_AUTOCHECKPOINT_PAGES: Final = 4_000
"""A WAL of 16 MB: a batch of 500 entries is 120 pages, and a checkpoint writes every page again."""

ROLL_FORWARD_S: Final = 60.0
"""What one look-up in PostgreSQL may take: the movements of a journal after a long outage."""

_OF_JOURNAL = (
    entries.c.site_name == bindparam("site"),
    entries.c.epoch == bindparam("site_epoch"),
)
_ENTRY_COLUMNS = (
    entries.c.site_name,
    entries.c.epoch,
    entries.c.seq,
    entries.c.kind,
    entries.c.version,
    entries.c.wall_ms,
    entries.c.body,
    entries.c.prev_hash,
    entries.c.entry_hash,
)
_ENTRY: Final = select(*_ENTRY_COLUMNS).where(*_OF_JOURNAL, entries.c.seq == bindparam("at"))
_MOVEMENTS: Final = (
    select(movements.c.seq, movements.c.payer, movements.c.amount_micros)
    .where(
        movements.c.site_name == bindparam("site"),
        movements.c.epoch == bindparam("site_epoch"),
        movements.c.seq > bindparam("after"),
    )
    .order_by(movements.c.seq)
)
_RETURNS: Final = (
    select(entries.c.seq, entries.c.body)
    .where(
        *_OF_JOURNAL,
        entries.c.seq > bindparam("after"),
        entries.c.kind == EntryKind.ALLOWANCE_RETURNED.value,
        entries.c.disputed == "",
    )
    .order_by(entries.c.seq)
)
_INSERT_REQUEST: Final = insert(requests)
_REQUEST: Final = (
    select(*_ENTRY_COLUMNS)
    .join(
        requests,
        (requests.c.site_name == entries.c.site_name)
        & (requests.c.epoch == entries.c.epoch)
        & (requests.c.seq == entries.c.seq),
    )
    .where(requests.c.request_id == bindparam("request"))
)
_REQUESTED: Final = select(requests.c.request_id).where(
    requests.c.request_id.in_(bindparam("requests", expanding=True))
)
_INSERT_TOKEN: Final = insert(join_tokens)
_USE_TOKEN: Final = (
    update(join_tokens)
    .where(
        join_tokens.c.serial == bindparam("token"),
        join_tokens.c.used_wall_ms.is_(None),
        join_tokens.c.expires_wall_ms > bindparam("now"),
    )
    .values(used_wall_ms=bindparam("now"))
)


class Ledger:
    """Append, and look up by journal or request.

    A lookup in PostgreSQL waits for a network: in an event loop it goes through `ask`.
    """

    def __init__(self, place: Place) -> None:
        self.path = place
        self._file: SqliteFile | PostgresDatabase
        if isinstance(place, PostgresAddress):
            self._file = PostgresDatabase(place, ledger_metadata, fill_up, read_s=ROLL_FORWARD_S)
            return
        self._file = SqliteFile(
            place, ledger_metadata, wal_autocheckpoint_pages=WAL_AUTOCHECKPOINT_PAGES
        )
        self._file.write_now(fill_up)

    async def ask(self, lookup: Callable[[], T]) -> T:
        """What `lookup` finds, without holding up the event loop for longer than a file takes."""
        if isinstance(self._file, SqliteFile):
            return lookup()
        return await asyncio.to_thread(lookup)

    def read(self) -> AbstractContextManager[Connection]:
        """A connection inside one read transaction."""
        return self._file.read()

    async def beat(self) -> None:
        """A trip through the writer's queue that changes nothing."""
        await self._file.write(_nothing)

    def close(self) -> None:
        """Finish what waits, then close the file."""
        self._file.close()

    def head(self, site_name: str, epoch: int) -> JournalHead:
        """The last entry of this journal that is here; seq 0 when there is none."""
        with self.read() as connection:
            return head_of(connection, site_name, epoch)

    def journals(self) -> tuple[JournalHead, ...]:
        """The head of every journal of which something is here."""
        with self.read() as connection:
            return tuple(heads(connection))

    def movements_beyond(self, watermark: JournalHead) -> list[tuple[int, Movement]]:
        """The money of this journal beyond `watermark`, as (seq, movement) in order."""
        values = {
            "site": watermark.site_name,
            "site_epoch": watermark.epoch,
            "after": watermark.seq,
        }
        with self.read() as connection:
            return [
                (seq, Movement(payer=payer, amount_micros=Micros(amount)))
                for seq, payer, amount in connection.execute(_MOVEMENTS, values)
            ]

    def returns_beyond(self, watermark: JournalHead) -> list[tuple[int, Movement]]:
        """What this journal gives back of allowances beyond `watermark`, in the same form."""
        values = {
            "site": watermark.site_name,
            "site_epoch": watermark.epoch,
            "after": watermark.seq,
        }
        with self.read() as connection:
            found = connection.execute(_RETURNS, values).all()
        bodies = [(seq, parse_body(EntryKind.ALLOWANCE_RETURNED, body)) for seq, body in found]
        return [(seq, back) for seq, body in bodies if (back := returned(body)) is not None]

    def entry(self, site_name: str, epoch: int, seq: int) -> Entry | None:
        """The entry of this number."""
        values = {"site": site_name, "site_epoch": epoch, "at": seq}
        with self.read() as connection:
            return _entry_of(connection.execute(_ENTRY, values).one_or_none())

    def requested(self, request_id: str) -> Entry | None:
        """The entry that this request came to; None where it was never asked for."""
        with self.read() as connection:
            return _entry_of(connection.execute(_REQUEST, {"request": request_id}).one_or_none())

    def requested_of(self, request_ids: Sequence[str]) -> frozenset[str]:
        """Those of `request_ids` that were asked for before."""
        values = {"requests": list(request_ids)}
        with self.read() as connection:
            return frozenset(connection.execute(_REQUESTED, values).scalars())

    async def append(
        self,
        facts: Sequence[LedgerFact],
        *,
        now_ms: WallMs,
        offset_ms: int | None = None,
        request_id: str = "",
        also: Work[None] | None = None,
    ) -> None:
        """Append the facts of one journal, in order; those that are here already change nothing.

        `offset_ms` is how far the site's clock is ahead at their receipt; None: nobody knows. With
        `request_id` the last of them is remembered as what that request came to. `also` is done in
        the same transaction.
        """
        append = appending(facts, now_ms=now_ms, offset_ms=offset_ms, request_id=request_id)

        def work(connection: Connection) -> None:
            append(connection)
            if also is not None:
                also(connection)

        await self._file.write(work)

    async def write(self, work: Work[None]) -> None:
        """Do `work` in one transaction."""
        await self._file.write(work)

    def write_now(self, work: Work[T]) -> T:
        """`write` from a program without an event loop."""
        return self._file.write_now(work)

    def append_now(self, facts: Sequence[LedgerFact], *, now_ms: WallMs) -> None:
        """`append` from a program without an event loop."""
        self._file.write_now(appending(facts, now_ms=now_ms))

    async def record_join_token(self, serial: str, site_name: str, expires: WallMs) -> None:
        """Remember a join token by its certificate's serial number, good once until `expires`."""
        row = {
            "serial": serial,
            "site_name": site_name,
            "expires_wall_ms": expires,
            "used_wall_ms": None,
        }
        await self._file.write(lambda connection: connection.execute(_INSERT_TOKEN, row))

    async def use_join_token(self, serial: str, now: WallMs) -> bool:
        """Whether this token was good at `now`; it is used up by the asking."""
        values = {"token": serial, "now": now}
        used = await self._file.write(
            lambda connection: connection.execute(_USE_TOKEN, values).rowcount
        )
        return used == 1


def appending(
    facts: Sequence[LedgerFact],
    *,
    now_ms: WallMs,
    offset_ms: int | None = None,
    request_id: str = "",
) -> Work[None]:
    """The transaction that appends what is not here yet of `facts` (one journal, in order)."""

    def work(connection: Connection) -> None:
        first = facts[0].entry
        head = head_of(connection, first.site_name, first.epoch)
        fresh = [fact for fact in facts if fact.entry.seq > head.seq]
        if fresh:
            insert_facts(connection, fresh, now_ms, offset_ms)
        if fresh and request_id:
            remember_requests(connection, {request_id: fresh[-1].entry})

    return work


def remember_requests(connection: Connection, entry_of: Mapping[str, Entry]) -> None:
    """Remember what entry each request came to."""
    rows = [
        {
            "request_id": request_id,
            "site_name": entry.site_name,
            "epoch": entry.epoch,
            "seq": entry.seq,
        }
        for request_id, entry in entry_of.items()
    ]
    connection.execute(_INSERT_REQUEST, rows)


def _entry_of(row: Row[*tuple[Any, ...]] | None) -> Entry | None:
    return None if row is None else Entry(**row._asdict())


def _nothing(_connection: Connection) -> None:
    """No work: only the way through the queue counts."""
