from sqlalchemy import BigInteger, Integer
from sqlalchemy.dialects import sqlite

from primary.store.ledger_tables import ledger_metadata


def test_every_whole_number_has_64_bits_in_postgresql_too() -> None:
    small = [
        str(column)
        for table in ledger_metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Integer) and not isinstance(column.type, BigInteger)
    ]

    assert not small, "write Whole instead of Integer: a time in ms does not fit into 32 bits"


def test_the_order_of_arrival_is_sqlites_own_row_number() -> None:
    entry_id = ledger_metadata.tables["entries"].c.entry_id

    assert entry_id.type.compile(sqlite.dialect()) == "INTEGER"
