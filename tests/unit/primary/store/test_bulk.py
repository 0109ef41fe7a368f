import pytest
from sqlalchemy import bindparam, update

from failure_modes.errors import BrokenInvariantError
from primary.store.bulk import Bulk, bulk_insert
from primary.store.directory import Directory
from replication.schema.directory import balances
from tests.unit.primary.money import balances_of


def test_rows_are_inserted_and_counted(directory: Directory) -> None:
    insert = bulk_insert(balances, ("payer", "balance_micros"))

    assert directory.write_now(lambda c: insert(c, [("user:x", 1), ("user:y", 2)])) == 2
    assert directory.write_now(lambda c: insert(c, [])) == 0
    assert balances_of(directory)["user:y"] == 2


def test_values_in_the_wrong_order_are_refused_before_anything_is_written(
    directory: Directory,
) -> None:
    before = balances_of(directory)
    statement = (
        update(balances)
        .where(balances.c.payer == bindparam("who"))
        .values(balance_micros=bindparam("new"))
    )

    with pytest.raises(BrokenInvariantError, match=r"new.*who"):
        directory.write_now(lambda c: Bulk(statement, ("who", "new"))(c, [("user:ada", 0)]))

    assert balances_of(directory) == before
