"""What money there is, as the directory and as the ledger have it."""

from sqlalchemy import func, select

from primary.store.directory import Directory
from primary.store.ledger import Ledger
from primary.store.ledger_tables import movements
from replication.schema.directory import balances


def balances_of(directory: Directory) -> dict[str, int]:
    """Every balance of the directory."""
    with directory.read() as connection:
        rows = connection.execute(select(balances.c.payer, balances.c.balance_micros))
        return {row[0]: row[1] for row in rows}


def ledger_balances_of(ledger: Ledger) -> dict[str, int]:
    """The balance of everybody for whom the ledger moved money."""
    statement = select(movements.c.payer, func.sum(movements.c.amount_micros))
    with ledger.read() as connection:
        rows = connection.execute(statement.group_by(movements.c.payer))
        return {row[0]: row[1] for row in rows}


def entry_count(ledger: Ledger, site_name: str, epoch: int = 1) -> int:
    """How far the ledger has that journal."""
    return ledger.head(site_name, epoch).seq
