"""What people who check ask the ledger: sums over all of it. They may take seconds."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, bindparam, case, func, select
from sqlalchemy.sql.elements import ColumnElement

from primary.store.ledger import Place
from primary.store.ledger_reader import LedgerReader
from primary.store.ledger_tables import entries, movements, print_log

_ENTRIES: Final = (
    select(
        entries.c.entry_id,
        entries.c.site_name,
        entries.c.epoch,
        entries.c.seq,
        entries.c.kind,
        entries.c.version,
        entries.c.wall_ms,
        entries.c.received_wall_ms,
        entries.c.disputed,
        entries.c.offset_ms,
        entries.c.body,
        entries.c.prev_hash,
        entries.c.entry_hash,
    )
    .where(entries.c.entry_id > bindparam("after"))
    .order_by(entries.c.entry_id)
    .limit(bindparam("page_size"))
)
_ENTRIES_OF_SITE: Final = _ENTRIES.where(entries.c.site_name == bindparam("site"))
_PART: Final = 2**31
"""SQLite adds up in 64 bits and fails beyond; so sums are made of two halves, put together here."""


def _halves(value: ColumnElement[int]) -> tuple[ColumnElement[int], ColumnElement[int]]:
    return func.coalesce(func.sum(value // _PART), 0), func.coalesce(func.sum(value % _PART), 0)


_BALANCES: Final = (
    select(movements.c.payer, *_halves(movements.c.amount_micros))
    .group_by(movements.c.payer)
    .order_by(movements.c.payer)
)
_JOURNALS: Final = (
    select(
        entries.c.site_name,
        entries.c.epoch,
        func.count().label("entries"),
        func.max(entries.c.seq).label("last_seq"),
        func.sum(case((entries.c.disputed != "", 1), else_=0)).label("disputed"),
    )
    .group_by(entries.c.site_name, entries.c.epoch)
    .order_by(entries.c.site_name, entries.c.epoch)
)
_CREDITS_AND_DEBITS: Final = select(
    *_halves(case((movements.c.amount_micros > 0, movements.c.amount_micros), else_=0)),
    *_halves(case((movements.c.amount_micros < 0, movements.c.amount_micros), else_=0)),
)
_PRINTED: Final = select(
    func.count(),
    *_halves(print_log.c.copies * print_log.c.mono_pages),
    *_halves(print_log.c.copies * print_log.c.colour_pages),
)
_CHARGED_TWICE: Final = select(func.count()).select_from(
    select(print_log.c.work_uuid)
    .group_by(print_log.c.work_uuid)
    .having(func.count() > 1)
    .subquery()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """An entry as it was received. `entry_id` is the order of arrival; `disputed` is '' or why."""

    entry_id: int
    site_name: str
    epoch: int
    seq: int
    kind: str
    version: int
    wall_ms: int
    received_wall_ms: int
    disputed: str
    offset_ms: int | None
    body: str
    prev_hash: str
    entry_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalTotals:
    """What came from one journal; without holes `entries` equals `last_seq`."""

    site_name: str
    epoch: int
    entries: int
    last_seq: int
    disputed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """All of the ledger in a few numbers. Debits are negative; pages count all copies."""

    journals: tuple[JournalTotals, ...]
    credits_micros: int
    debits_micros: int
    printed: int
    mono_pages: int
    colour_pages: int
    charged_twice: int


class LedgerReport:
    """Sums over everything, added up anew each time."""

    def __init__(self, place: Place) -> None:
        self._reader = LedgerReader(place)

    async def entries(
        self, *, after: int = 0, limit: int = 100, site_name: str | None = None
    ) -> list[LedgerEntry]:
        """At most `limit` entries that arrived after entry `after`, of one site or of all."""
        values: dict[str, Any] = {"after": after, "page_size": limit}
        statement = _ENTRIES
        if site_name is not None:
            statement, values["site"] = _ENTRIES_OF_SITE, site_name
        rows = await self._reader.run(lambda c: c.execute(statement, values).all())
        return [LedgerEntry(**row._asdict()) for row in rows]

    async def balances(self) -> dict[str, int]:
        """The balance of each payer that money ever moved for, added up from the movements."""
        rows = await self._reader.run(lambda connection: connection.execute(_BALANCES).all())
        return {payer: _whole(high, low) for payer, high, low in rows}

    async def totals(self) -> Totals:
        """The sums over everything."""
        return await self._reader.run(_totals)

    def close(self) -> None:
        """Close the connection."""
        self._reader.close()


def _totals(connection: Connection) -> Totals:
    money = connection.execute(_CREDITS_AND_DEBITS).one()
    printed, *pages = connection.execute(_PRINTED).one()
    journals: list[dict[str, Any]] = [row._asdict() for row in connection.execute(_JOURNALS)]
    return Totals(
        journals=tuple(JournalTotals(**journal) for journal in journals),
        credits_micros=_whole(*money[:2]),
        debits_micros=_whole(*money[2:]),
        printed=printed,
        mono_pages=_whole(*pages[:2]),
        colour_pages=_whole(*pages[2:]),
        charged_twice=connection.execute(_CHARGED_TWICE).scalar_one(),
    )


def _whole(high: int, low: int) -> int:
    """The sum that these two halves are; a half may come as a decimal."""
    return int(high) * _PART + int(low)
