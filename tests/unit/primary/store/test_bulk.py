import pytest
from sqlalchemy import bindparam, insert, update

from failure_modes.errors import BrokenInvariantError
from primary.store.bulk import ROWS_MAX, Bulk, bulk_insert
from primary.store.directory import Directory
from replication.schema.directory import balances
from tests.unit.primary.money import balances_of


@pytest.mark.parametrize("count", [0, 1, 2, 3, ROWS_MAX - 1, ROWS_MAX, 3 * ROWS_MAX + 77])
def test_any_number_of_rows_is_inserted_each_once(directory: Directory, count: int) -> None:
    put = bulk_insert(balances, ("payer", "balance_micros"))
    before = balances_of(directory)
    rows = [(f"user:x{number}", number) for number in range(count)]

    directory.write_now(lambda connection: put(connection, rows))

    assert balances_of(directory) == before | dict(rows)


def test_a_row_that_cannot_be_is_the_end_of_all_of_them(directory: Directory) -> None:
    put = bulk_insert(balances, ("payer", "balance_micros"))
    before = balances_of(directory)
    rows = [(f"user:x{number}", number) for number in range(ROWS_MAX)]

    with pytest.raises(Exception, match="UNIQUE"):
        directory.write_now(lambda connection: put(connection, [*rows, rows[0]]))

    assert balances_of(directory) == before


def test_values_in_the_wrong_order_are_refused_before_anything_is_written(
    directory: Directory,
) -> None:
    before = balances_of(directory)
    statement = insert(balances).values(
        payer=bindparam("payer"), balance_micros=bindparam("balance_micros")
    )

    wrong = Bulk(statement, ("balance_micros", "payer"))

    with pytest.raises(BrokenInvariantError, match=r"payer.*balance_micros"):
        directory.write_now(lambda connection: wrong(connection, [(0, "user:ada")]))

    assert balances_of(directory) == before


def test_only_an_insert_is_run_for_many_rows(directory: Directory) -> None:
    statement = update(balances).values(balance_micros=bindparam("new"))

    with pytest.raises(BrokenInvariantError, match="INSERT"):
        directory.write_now(lambda connection: Bulk(statement, ("new",))(connection, [(0,)]))
