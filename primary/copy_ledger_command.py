"""`holdfast-primary copy-ledger`: ledger.db into the PostgreSQL of `ledger_url`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from primary.store.ledger import LEDGER_FILE
from primary.store.ledger_copy import copy_ledger
from replication.adapters.folder_lock import only_server_of

if TYPE_CHECKING:
    from primary.config import PrimaryConfig


def copy(settings: PrimaryConfig) -> str:
    """Copy all of it, while no primary runs there; what a person is told."""
    with only_server_of(settings.data_dir):
        copied = copy_ledger(settings.data_dir / LEDGER_FILE, settings.ledger_place)
    rows = [f"{table:12} {count:>12,} rows" for table, count in copied.items()]
    kept = f"{settings.ledger_place}: all is there. Keep {LEDGER_FILE} until you have a backup."
    return "\n".join([*rows, kept])
