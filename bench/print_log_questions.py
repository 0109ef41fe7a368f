"""What people ask of the print log and its sums, and how a database goes about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.print_log_year import (
    ACCOUNTS,
    BEGIN_DAY,
    DAYS,
    PRINTERS_PER_SITE,
    SITES,
    USERS,
)
from primary.store.dialects import POSTGRESQL
from primary.store.ledger_queries import RowKey, SumsWanted, Wanted, statement_of, sums_of
from primary.store.ledger_sums import DAY_MS
from primary.store.ledger_tables import movements, print_log

if TYPE_CHECKING:
    import random

    from sqlalchemy import Connection, Select, Table

PAGE_ROWS: Final = 100
SUMS_MAX: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A page of `table`."""

    table: Table
    wanted: Wanted

    def statement(self) -> Select[*tuple[Any, ...]]:
        """As the primary asks it."""
        return statement_of(self.table, self.wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """A page of sums by day."""

    wanted: SumsWanted

    def statement(self) -> Select[*tuple[Any, ...]]:
        """As the primary asks it."""
        statement, values = sums_of(self.wanted)
        return statement.params(**values)


Question = Rows | Sums


def questions(drawn: random.Random) -> dict[str, Question]:
    """One question of each kind, about somebody drawn, from a day of the year backwards.

    So most of them are deep pages: a page begins at a key, and the first is asked in the same way.
    """
    site = f"site{drawn.randrange(SITES)}"
    printer = f"{site}-{drawn.randrange(PRINTERS_PER_SITE)}"
    user, account = f"user{drawn.randrange(USERS)}", f"account:a{drawn.randrange(ACCOUNTS)}"
    day = BEGIN_DAY + drawn.randrange(1, DAYS)
    of_user, of_account, at = {"user_name": user}, {"payer": account}, {"site_name": site}
    on = {"printer_name": printer}
    pages = {"user": of_user, "site": at, "printer": on, "account": of_account, "day": {}}
    both = {
        "user at site": of_user | at,
        "account of user": of_user | of_account,
        "account at site": of_account | at,
        "account on printer": of_account | on,
    }
    paid = {**pages, "user": {"payer": f"user:{user}"}}
    paid |= {name: both[name] for name in ("account at site", "account on printer")}
    return {
        "prints, newest of all": _rows(print_log, {}, BEGIN_DAY + DAYS),
        **{f"prints, {name}": _rows(print_log, equal, day) for name, equal in pages.items()},
        **{f"prints, {name}": _rows(print_log, equal, day) for name, equal in both.items()},
        **{f"movements, {name}": _rows(movements, equal, day) for name, equal in paid.items()},
        "totals, a site's year": _sums("site", site, day, DAYS),
        "totals, a user's year": _sums("user", user, day, DAYS),
        "totals, an account's year": _sums("account", account.partition(":")[2], day, DAYS),
        "totals, all sites of a day": _sums("site", None, day, 0),
        "totals, all users of a day": _sums("user", None, day, 0),
    }


def pages_touched(connection: Connection, question: Question) -> int:
    """How many pages of its files the database looks at for the answer, with none in memory.

    SQLite: the reads of this process, each of a page. PostgreSQL: what it counts itself; the root
    of an index counts at each descent.
    """
    statement = question.statement()
    if connection.dialect.name == POSTGRESQL:
        compiled, values = _as_text(connection, question)
        explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {compiled}"
        (told,) = connection.exec_driver_sql(explain, values).scalar_one()
        return int(told["Plan"]["Shared Hit Blocks"] + told["Plan"]["Shared Read Blocks"])
    connection.exec_driver_sql("PRAGMA shrink_memory")
    before = _reads()
    connection.execute(statement).all()
    return _reads() - before


def _reads() -> int:
    told = Path("/proc/self/io").read_text("ascii").split()
    return int(told[told.index("syscr:") + 1])


def _as_text(connection: Connection, question: Question) -> tuple[str, tuple[Any, ...]]:
    compiled = question.statement().compile(dialect=connection.dialect)
    names = getattr(compiled, "positiontup", None) or ()
    return str(compiled), tuple(compiled.params[name] for name in names)


def bad_steps(connection: Connection, question: Question) -> list[str]:
    """The steps of this database's plan that read a whole table or sort rows."""
    compiled, values = _as_text(connection, question)
    if connection.dialect.name == POSTGRESQL:
        rows = connection.exec_driver_sql(f"EXPLAIN {compiled}", values)
        return [row[0] for row in rows if any(word in row[0] for word in ("Seq Scan", "Sort"))]
    rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", values)
    steps = [row[3] for row in rows]
    return [each for each in steps if not each.startswith("SEARCH") or "TEMP B-TREE" in each]


def _rows(table: Table, equal: dict[str, str], day: int) -> Rows:
    before = RowKey(wall_ms=(day + 1) * DAY_MS)
    return Rows(
        table=table,
        wanted=Wanted(equal=equal, from_ms=BEGIN_DAY * DAY_MS, before=before, limit=PAGE_ROWS),
    )


def _sums(dimension: str, name: str | None, day: int, days: int) -> Sums:
    return Sums(
        wanted=SumsWanted(
            dimension=dimension,
            name=name,
            from_day=max(BEGIN_DAY, day - days),
            until_day=day,
            limit=SUMS_MAX,
        )
    )
