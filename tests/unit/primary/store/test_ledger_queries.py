"""No query of people scans a table: SQLite itself says how it would look for the rows."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Select, Table

from primary.service.project import read_facts
from primary.store import ledger_queries
from primary.store.ledger import Ledger
from primary.store.ledger_queries import RowKey, SumsWanted, Wanted
from primary.store.ledger_tables import movements, print_log
from primary.testing import WALL_MS, SiteJournal

NEWEST = RowKey(wall_ms=2**60)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "ledger.db")
    journal = SiteJournal("oslo")
    for _ in range(50):
        journal.printed("ada", 10)
    opened.append_now(read_facts(journal.entries), now_ms=WALL_MS)
    yield opened
    opened.close()


def plan_of(ledger: Ledger, statement: Select[*tuple[object, ...]]) -> list[str]:
    with ledger.read() as connection:
        compiled = statement.compile(dialect=connection.dialect)
        values = [compiled.params[name] for name in getattr(compiled, "positiontup", ())]
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", tuple(values))
        return [row[3] for row in rows]


def check_walks(plan: list[str], index: str) -> None:
    """One walk of that index, in its order."""
    assert index in plan[0], plan
    for step in plan:
        assert step.startswith("SEARCH"), plan
        assert "TEMP B-TREE" not in step, plan


CASES = [
    (print_log, {"user_name": "ada"}, "ix_print_log_user_name_wall_ms (user_name=?"),
    (print_log, {"payer": "account:research"}, "ix_print_log_payer_wall_ms (payer=?"),
    (print_log, {"printer_name": "laser"}, "ix_print_log_printer_name_wall_ms (printer_name=?"),
    (print_log, {"site_name": "oslo"}, "ix_print_log_site_name_wall_ms (site_name=?"),
    (print_log, {}, "COVERING INDEX ix_print_log_day (wall_ms>? AND"),
    (print_log, {"site_name": "oslo", "user_name": "ada"}, "user_name_wall_ms (user_name=?"),
    (
        print_log,
        {"payer": "account:research", "site_name": "oslo"},
        "ix_print_log_account_site_name (payer=? AND (site_name,wall_ms",
    ),
    (
        print_log,
        {"payer": "account:research", "site_name": "oslo", "printer_name": "laser"},
        "ix_print_log_account_printer_name (payer=? AND (printer_name,wall_ms",
    ),
    (
        print_log,
        {"payer": "account:research", "user_name": "ada"},
        "ix_print_log_user_name_wall_ms (user_name=?",
    ),
    (
        movements,
        {"payer": "account:research", "site_name": "oslo"},
        "ix_movements_account_site_name (payer=? AND (site_name,wall_ms",
    ),
    (
        movements,
        {"payer": "account:research", "printer_name": "laser"},
        "ix_movements_account_printer_name (payer=? AND (printer_name,wall_ms",
    ),
    (movements, {"payer": "user:ada", "site_name": "oslo"}, "ix_movements_payer_wall_ms (payer=?"),
    (print_log, {"site_name": "oslo", "printer_name": "laser"}, "printer_name_wall_ms (printer"),
    (movements, {"payer": "user:ada"}, "ix_movements_payer_wall_ms (payer=?"),
    (movements, {"printer_name": "laser"}, "ix_movements_printer_name_wall_ms (printer_name=?"),
    (movements, {"site_name": "oslo"}, "ix_movements_site_name_wall_ms (site_name=?"),
    (movements, {}, "COVERING INDEX ix_movements_day (wall_ms>? AND"),
]


@pytest.mark.parametrize(("table", "equal", "index"), CASES)
@pytest.mark.parametrize("before", [NEWEST, RowKey(wall_ms=5, site_name="oslo", epoch=1, seq=3)])
def test_a_page_is_one_walk_of_an_index(
    ledger: Ledger, table: Table, equal: dict[str, str], index: str, before: RowKey
) -> None:
    wanted = Wanted(equal=equal, from_ms=1, before=before, limit=100)

    check_walks(plan_of(ledger, ledger_queries.statement_of(table, wanted)), index)


@pytest.mark.parametrize(
    ("name", "index"),
    [
        (None, "USING PRIMARY KEY (dimension=? AND"),
        ("ada", "ix_daily_sums_name_day (name=? AND day>? AND day<?)"),
    ],
)
def test_sums_are_one_walk_of_an_index(ledger: Ledger, name: str | None, index: str) -> None:
    wanted = SumsWanted(dimension="user", from_day=1, until_day=9, limit=100, name=name)
    statement, values = ledger_queries.sums_of(wanted)

    check_walks(plan_of(ledger, statement.params(**values)), index)
