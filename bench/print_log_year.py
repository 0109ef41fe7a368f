"""A year of prints, put into a ledger by its own database: ten million rows in minutes.

200,000 users at 1,000 sites with three printers each; ten accounts pay for a tenth of it. Every
value is arithmetic on the number of the print, so both databases hold the same year, and each run
the same. The rows come in the order of their arrival, as an ingest inserts them, and they are what
an ingest writes (tests/contract/test_ledger_plans.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from primary.store.dialects import POSTGRESQL
from primary.store.ledger_sums import DAY_MS
from primary.store.ledger_tables import daily_sums, movements, print_log

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from primary.store.ledger import Ledger

USERS: Final = 200_000
SITES: Final = 1_000
PRINTERS_PER_SITE: Final = 3
ACCOUNTS: Final = 10
DAYS: Final = 365
BEGIN_DAY: Final = 20_454
COST_MICROS: Final = 50_000
ROWS_AT_ONCE: Final = 500_000
CACHE_KIB: Final = 262_144

_NUMBERS: Final = {
    "sqlite": "RECURSIVE n(i) AS (SELECT {first} UNION ALL "
    "SELECT i + 1 FROM n WHERE i + 1 < {end})",
    POSTGRESQL: "n(i) AS (SELECT generate_series({first}::bigint, {end}::bigint - 1))",
}
_DRAWN: Final = f"""
d AS (
  SELECT i, i / {SITES} + 1 AS seq, 'site' || ((i * 7919) % {SITES}) AS site_name,
    {BEGIN_DAY * DAY_MS} + i * {DAYS * DAY_MS} / {{rows}} AS wall_ms,
    (i * 48271 + 11) % 2147483647 AS drawn
  FROM n),
f AS (
  SELECT i, seq, site_name, wall_ms, 'user' || (drawn % {USERS}) AS user_name,
    site_name || '-' || ((drawn / 7) % {PRINTERS_PER_SITE}) AS printer_name,
    CASE WHEN (drawn / 1000) % 10 = 0 THEN 'account:a' || ((drawn / 10007) % {ACCOUNTS})
      ELSE 'user:user' || (drawn % {USERS}) END AS payer,
    drawn % 8 + 1 AS pages,
    '00000000-0000-4000-8000-' || substr('' || (100000000000 + i), 1, 12) AS uuid
  FROM d)
"""  # noqa: S608 - numbers of our own
_INTO: Final = (
    """
INSERT INTO entries (site_name, epoch, seq, kind, version, wall_ms, body, prev_hash, entry_hash,
  received_wall_ms, disputed, offset_ms)
SELECT site_name, 1, seq, 'job_printed', 1, wall_ms,
  '{"colour_pages":0,"copies":1,"cost_micros":50000,"fence":1,"job_uuid":"' || uuid
  || '","mono_pages":' || pages || ',"payer":"' || payer || '","printer_name":"' || printer_name
  || '","user_name":"' || user_name || '"}',
  substr('' || (10000000000 + i - 1) || '{zeros}', 1, 64),
  substr('' || (10000000000 + i) || '{zeros}', 1, 64), wall_ms, '', 0 FROM f
""",
    """
INSERT INTO movements (site_name, epoch, seq, payer, amount_micros, wall_ms, printer_name)
SELECT site_name, 1, seq, payer, -50000, wall_ms, printer_name FROM f
""",
    """
INSERT INTO print_log (site_name, epoch, seq, wall_ms, work_uuid, work, user_name, printer_name,
  payer, cost_micros, mono_pages, colour_pages, copies)
SELECT site_name, 1, seq, wall_ms, uuid, 'print', user_name, printer_name, payer, 50000, pages, 0, 1
FROM f
""",
)
_NAMED: Final = {
    "site": ("site_name", "1 = 1", "cost_micros"),
    "printer": ("printer_name", "1 = 1", "cost_micros"),
    "user": (
        "user_name",
        "1 = 1",
        "CASE WHEN payer = 'user:' || user_name THEN cost_micros ELSE 0 END",
    ),
    "account": ("substr(payer, 9)", "payer LIKE 'account:%'", "cost_micros"),
}
_SUM_UP: Final = """
INSERT INTO daily_sums (dimension, day, name, printed, mono_pages, colour_pages, cost_micros,
  credits_micros, debits_micros)
SELECT '{dimension}', wall_ms / 86400000, {name}, count(*), sum(copies * mono_pages),
  sum(copies * colour_pages), sum(cost_micros), 0, -sum({paid})
FROM print_log WHERE {only} GROUP BY wall_ms / 86400000, {name} ORDER BY 2, 3
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """So many prints, evenly over the year."""

    rows: int

    def put_into(self, ledger: Ledger) -> None:
        """Fill an empty ledger, sums and all.

        The indexes are made afterwards, as for any load of that size; an ingest keeps them as it
        goes.
        """
        indexes = [each for table in (print_log, movements, daily_sums) for each in table.indexes]
        ledger.write_now(_in_memory)
        for index in indexes:
            ledger.write_now(index.drop)
        for first in range(0, self.rows, ROWS_AT_ONCE):
            ledger.write_now(self._rows(first, min(self.rows, first + ROWS_AT_ONCE)))
        for dimension in _NAMED:
            ledger.write_now(_sums(dimension))
        for index in indexes:
            ledger.write_now(index.create)

    def _rows(self, first: int, end: int) -> Callable[[Connection], None]:
        def work(connection: Connection) -> None:
            numbers = _NUMBERS[connection.dialect.name].format(first=first, end=end)
            drawn = _DRAWN.format(rows=self.rows)
            for into in _INTO:
                insert, _, chosen = into.partition("SELECT")
                text = f"{insert} WITH {numbers}, {drawn} SELECT {chosen}"
                _run(connection, text.replace("{zeros}", "0" * 53))

        return work


def _in_memory(connection: Connection) -> None:
    if connection.dialect.name != POSTGRESQL:
        connection.exec_driver_sql(f"PRAGMA cache_size=-{CACHE_KIB}")


def _sums(dimension: str) -> Callable[[Connection], None]:
    name, only, paid = _NAMED[dimension]
    text = _SUM_UP.format(dimension=dimension, name=name, only=only, paid=paid)

    return lambda connection: _run(connection, text)


def _run(connection: Connection, text: str) -> None:
    # psycopg takes a percent sign for the place of a value.
    is_psycopg = connection.dialect.name == POSTGRESQL
    connection.exec_driver_sql(text.replace("%", "%%") if is_psycopg else text)
