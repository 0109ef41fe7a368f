"""The print log, the movements of money, and their sums by day, for people who look things up.

How they stay fast on many millions of rows
-------------------------------------------
A page begins at a key, never at a number of rows to skip: (wall_ms, site, epoch, seq) downwards,
newest first. Each of user, site, printer and payer has an index that begins with it and goes on
with that key, so a page is one walk of an index from the place where the last page ended, and as
long as the page. The days asked for are the ends of the same walk.

Several filters at once: the narrowest of them is the walk (a user has fewer rows than a printer,
a printer fewer than a site) and the others are looked at on the way. That is written into the
statement and not left to the planner's guess. A shared account may pay for everything, and for
almost nothing at the site that is asked for, too; so account and site, and account and printer,
have indexes of both, of the rows that accounts pay for only. Sums never add up rows: they are kept
by day (`ledger_sums.py`).

Rejected: counting the pages. That is a scan, and nobody needs the number.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, Table, bindparam, literal, select, text, tuple_
from sqlalchemy.sql.elements import ColumnElement, Tuple

from primary.store.ledger_sums import SUMMED
from primary.store.ledger_tables import OF_ACCOUNTS, daily_sums, entries, movements, print_log
from replication.entry_bodies import account_payer

WALL_MS_MAX: Final = 2**60
"""Later than any entry can say it was written."""
_JOURNAL_KEY: Final = ("site_name", "epoch", "seq")
_NARROWEST_FIRST: Final = ("user_name", "payer", "printer_name", "site_name")
_BESIDE_AN_ACCOUNT: Final = ("printer_name", "site_name")
_ACCOUNT: Final = account_payer("")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowKey:
    """The place of a row in its list; a page holds what is older than its key."""

    wall_ms: int
    site_name: str = ""
    epoch: int = 0
    seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows: `equal` by column; from `from_ms` on; older than `before`; newest first."""

    equal: Mapping[str, str]
    from_ms: int
    before: RowKey
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SumsWanted:
    """Which sums of `dimension`: one name's or everybody's, by day and then by name."""

    dimension: str
    from_day: int
    until_day: int
    limit: int
    name: str | None = None
    after: tuple[int, str] | None = None


def _columns(table: Table, names: Sequence[str]) -> list[ColumnElement[Any]]:
    return [table.c[name] for name in names]


def _looked_at(column: ColumnElement[str]) -> ColumnElement[str]:
    """The same text behind an operator that no index serves: it must not choose the walk."""
    return column + ""


_PRINTS: Final = select(
    *_columns(
        print_log,
        (
            *("wall_ms", *_JOURNAL_KEY, "work", "work_uuid", "user_name", "printer_name", "payer"),
            *("cost_micros", "mono_pages", "colour_pages", "copies"),
        ),
    )
)
_MOVEMENTS: Final = select(
    *_columns(movements, ("wall_ms", *_JOURNAL_KEY, "payer", "amount_micros", "printer_name")),
    entries.c.kind,
    entries.c.body,
).join(
    entries,
    (entries.c.site_name == movements.c.site_name)
    & (entries.c.epoch == movements.c.epoch)
    & (entries.c.seq == movements.c.seq),
)
_SUMS: Final = (
    select(*_columns(daily_sums, ("day", "name", *SUMMED)))
    .where(
        daily_sums.c.day >= bindparam("from_day"),
        daily_sums.c.day <= bindparam("until_day"),
    )
    .limit(bindparam("page_size"))
)
_SUMS_OF_ONE: Final = _SUMS.where(
    daily_sums.c.name == bindparam("name"),
    daily_sums.c.day > bindparam("after_day"),
    _looked_at(daily_sums.c.dimension) == bindparam("dimension"),
).order_by(daily_sums.c.day)
_SUMS_OF_ALL: Final = _SUMS.where(
    daily_sums.c.dimension == bindparam("dimension"),
    tuple_(daily_sums.c.day, daily_sums.c.name)
    > tuple_(bindparam("after_day"), bindparam("after_name")),
).order_by(daily_sums.c.day, daily_sums.c.name)


def prints(connection: Connection, wanted: Wanted) -> list[dict[str, Any]]:
    """A page of the print log."""
    return _rows(connection, statement_of(print_log, wanted))


def moved(connection: Connection, wanted: Wanted) -> list[dict[str, Any]]:
    """A page of the movements, each with the kind and body of its entry."""
    return _rows(connection, statement_of(movements, wanted))


def sums(connection: Connection, wanted: SumsWanted) -> list[dict[str, Any]]:
    """A page of sums by day."""
    statement, values = sums_of(wanted)
    return [dict(row._mapping) for row in connection.execute(statement, values)]  # noqa: SLF001 - its documented name


def sums_of(wanted: SumsWanted) -> tuple[Select[*tuple[Any, ...]], dict[str, Any]]:
    """The statement of these sums, and its values."""
    after_day, after_name = wanted.after or (wanted.from_day - 1, "")
    values: dict[str, Any] = {
        "dimension": wanted.dimension,
        "from_day": wanted.from_day,
        "until_day": wanted.until_day,
        "after_day": after_day,
        "page_size": wanted.limit,
    }
    if wanted.name is not None:
        return _SUMS_OF_ONE, {**values, "name": wanted.name}
    return _SUMS_OF_ALL, {**values, "after_name": after_name}


def statement_of(table: Table, wanted: Wanted) -> Select[*tuple[Any, ...]]:
    """The statement of this page of `table`: a dozen shapes, whose texts SQLAlchemy keeps."""
    statement = _PRINTS if table is print_log else _MOVEMENTS
    walk, beside = _walk(wanted.equal)
    key = wanted.before
    before = {
        **({beside: wanted.equal[beside]} if beside else {}),
        "wall_ms": key.wall_ms,
        **{name: getattr(key, name) for name in _JOURNAL_KEY if name != beside},
    }
    begin = {**before, "wall_ms": wanted.from_ms}
    first = list(before)[: 2 if beside else 1]
    if beside:
        statement = statement.where(text(OF_ACCOUNTS.format(payer=f"{table.name}.payer")))
    return (
        statement.where(
            *(
                (table.c[name] if name == walk else _looked_at(table.c[name])) == value
                for name, value in wanted.equal.items()
                if name != beside
            ),
            _as_row(table, first) >= tuple_(*(literal(begin[name]) for name in first)),
            _as_row(table, before) < tuple_(*(literal(each) for each in before.values())),
        )
        .order_by(*(table.c[name].desc() for name in before))
        .limit(wanted.limit)
    )


def _walk(equal: Mapping[str, str]) -> tuple[str, str]:
    """The column that the walked index begins with, and what stands beside an account in it.

    The latter is asked for as both ends of the walk and not as equal: so the planner finds the one
    index that serves, and not that of a site or a printer alone.
    """
    walk = next((name for name in _NARROWEST_FIRST if name in equal), "")
    if walk != "payer" or not equal[walk].startswith(_ACCOUNT):
        return walk, ""
    return walk, next((name for name in _BESIDE_AN_ACCOUNT if name in equal), "")


def _as_row(table: Table, names: Iterable[str]) -> Tuple:
    return tuple_(*(table.c[name] for name in names))


def _rows(connection: Connection, statement: Select[*tuple[Any, ...]]) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in connection.execute(statement)]  # noqa: SLF001 - its documented name
