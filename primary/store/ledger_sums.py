"""Sums by day: kept in the transaction that appends what they sum up, so they never differ from it.

A total over a year of 10 million prints is then a few hundred rows instead of a scan. A day is a
day in UTC of the time at which something was printed or moved.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam, case, func, literal, select, tuple_
from sqlalchemy.sql.elements import ColumnElement

from primary.store.dialects import POSTGRESQL, Upsert
from primary.store.ledger_tables import daily_sums, entries, movements, print_log
from replication.entry_bodies import account_payer, user_payer

DAY_MS: Final = 86_400_000
SUMMED: Final = (
    "printed",
    "mono_pages",
    "colour_pages",
    "cost_micros",
    "credits_micros",
    "debits_micros",
)
KEY: Final = ("dimension", "day", "name")
_CREDITS, _DEBITS = SUMMED.index("credits_micros"), SUMMED.index("debits_micros")
_ADD: Final = Upsert(daily_sums, KEY, SUMMED, adds=True)
_FOUND: Final = select(*(daily_sums.c[name] for name in (*KEY, *SUMMED))).where(
    tuple_(*(daily_sums.c[name] for name in KEY)).in_(bindparam("keys", expanding=True))
)

SumKey = tuple[str, int, str]


def add_to_sums(
    connection: Connection,
    moved: Sequence[tuple[Any, ...]],
    printed: Sequence[tuple[Any, ...]],
) -> None:
    """Add rows of `movements` and of `print_log`, each as it is inserted there."""
    sums = sums_of_rows(moved, printed)
    _ADD(connection, [(*key, *sums[key]) for key in sorted(sums)])


def sums_of_rows(
    moved: Sequence[tuple[Any, ...]], printed: Sequence[tuple[Any, ...]]
) -> dict[SumKey, list[int]]:
    """What these rows add to which sums, in the order of `SUMMED`."""
    sums: defaultdict[SumKey, list[int]] = defaultdict(lambda: [0] * len(SUMMED))
    for site_name, _epoch, _seq, payer, amount_micros, wall_ms, printer_name in moved:
        kind, name = _of_payer(payer)
        at = _CREDITS if amount_micros > 0 else _DEBITS
        day = wall_ms // DAY_MS
        for key in (("site", day, site_name), ("printer", day, printer_name), (kind, day, name)):
            sums[key][at] += amount_micros
    for row in printed:
        site_name, _epoch, _seq, wall_ms, _uuid, _work, user_name, printer_name, payer = row[:9]
        cost_micros, mono_pages, colour_pages, copies = row[9:]
        kind, name = _of_payer(payer)
        day = wall_ms // DAY_MS
        for key in (
            ("site", day, site_name),
            ("printer", day, printer_name),
            ("user", day, user_name),
            ("account", day, name if kind == "account" else ""),
        ):
            found = sums[key]
            found[0] += 1
            found[1] += copies * mono_pages
            found[2] += copies * colour_pages
            found[3] += cost_micros
    return {key: sums[key] for key in sums if key[2]}


def sums_found(connection: Connection, keys: Sequence[SumKey]) -> dict[SumKey, list[int]]:
    """Those sums of `keys` that are there."""
    rows = connection.execute(_FOUND, {"keys": list(keys)})
    return {(row[0], row[1], row[2]): list(row[3:]) for row in rows}


def _of_payer(payer: str) -> tuple[str, str]:
    kind, _, name = payer.partition(":")
    return kind, name


# -- what a file of an older version lacks ---------------------------------------------------------

_OLD_MOVEMENTS: Final = select(movements.c.seq).where(movements.c.wall_ms.is_(None)).limit(1)
_ANY_SUM: Final = select(daily_sums.c.day).limit(1)
_ANY_MOVEMENT: Final = select(movements.c.seq).limit(1)


def fill_up(connection: Connection) -> None:
    """Give the rows of an older version what this one asks them for. Idempotent, seldom long."""
    if connection.dialect.name != POSTGRESQL:
        for table in (movements, print_log):  # `_by_time` has another in its place
            connection.exec_driver_sql(f"DROP INDEX IF EXISTS ix_{table.name}_wall_ms")
    if connection.execute(_OLD_MOVEMENTS).one_or_none() is not None:
        connection.execute(_fill_movements())
    is_summed = connection.execute(_ANY_SUM).one_or_none() is not None
    if not is_summed and connection.execute(_ANY_MOVEMENT).one_or_none() is not None:
        for dimension in ("site", "printer", "user", "account"):
            for names, values in _summed(dimension):
                _sum_up(connection, dimension, names, values)


def _fill_movements() -> Any:  # noqa: ANN401 - an UPDATE
    wall_ms = select(entries.c.wall_ms).where(*_same(entries))
    printer = select(print_log.c.printer_name).where(*_same(print_log))
    return (
        movements.update()
        .where(movements.c.wall_ms.is_(None))
        .values(
            wall_ms=func.coalesce(wall_ms.scalar_subquery(), 0),
            printer_name=func.coalesce(printer.scalar_subquery(), ""),
        )
    )


def _same(table: Table) -> Sequence[ColumnElement[bool]]:
    return [table.c[name] == movements.c[name] for name in ("site_name", "epoch", "seq")]


def _summed(dimension: str) -> Sequence[tuple[ColumnElement[str], Mapping[str, Any]]]:
    """For prints and for movements: what names the row, and what of it is summed."""
    prints = {
        "printed": literal(1),
        "mono_pages": print_log.c.copies * print_log.c.mono_pages,
        "colour_pages": print_log.c.copies * print_log.c.colour_pages,
        "cost_micros": print_log.c.cost_micros,
        "wall_ms": print_log.c.wall_ms,
    }
    amount = movements.c.amount_micros
    money = {
        "credits_micros": case((amount > 0, amount), else_=0),
        "debits_micros": case((amount < 0, amount), else_=0),
        "wall_ms": movements.c.wall_ms,
    }
    if dimension == "user":
        return (print_log.c.user_name, prints), (_paid(movements.c.payer, user_payer("")), money)
    if dimension == "account":
        prefix = account_payer("")
        return (_paid(print_log.c.payer, prefix), prints), (_paid(movements.c.payer, prefix), money)
    column = f"{dimension}_name"
    return (print_log.c[column], prints), (movements.c[column], money)


def _paid(payer: ColumnElement[str], prefix: str) -> ColumnElement[str]:
    rest = func.substr(payer, len(prefix) + 1)
    return case((func.substr(payer, 1, len(prefix)) == prefix, rest), else_="")


def _sum_up(
    connection: Connection, dimension: str, name: ColumnElement[str], values: Mapping[str, Any]
) -> None:
    day = values["wall_ms"] / DAY_MS
    summed = [column for column in SUMMED if column in values]
    found = connection.execute(
        select(
            name.label("name"),
            func.floor(day).label("day"),
            *(func.sum(values[column]).label(column) for column in summed),
        )
        .where(name != "")
        .group_by("name", "day"),
        execution_options={"yield_per": 5_000},
    )
    for rows in found.partitions():
        _ADD(
            connection,
            [
                (dimension, int(row.day), row.name, *(int(getattr(row, c, 0)) for c in SUMMED))
                for row in rows
            ],
        )
