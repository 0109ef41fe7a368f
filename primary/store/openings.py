"""Where a ledger begins that was made anew: behind entries that it never had.

A ledger that is lost cannot be made up again: sites have pruned the older part of their journals.
So the new one begins where the directory stands. For each journal it remembers the last entry that
took effect before, which the next one must name.

How many entries of headquarters' new epoch only say what the directory counts already stands under
a name of its own, `OPENED`: a directory that does not count them must not be rolled forward.
"""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select

from primary.store.ledger_tables import openings
from replication.journal import JournalHead

OPENED: Final = "primary:opened"
"""No site has such a name."""
_OPENING: Final = select(openings.c.seq, openings.c.entry_hash).where(
    openings.c.site_name == bindparam("site"), openings.c.epoch == bindparam("site_epoch")
)
_OPENED: Final = select(openings.c.epoch, openings.c.seq).where(openings.c.site_name == OPENED)
_PUT: Final = insert(openings)


def opening_of(connection: Connection, site_name: str, epoch: int) -> JournalHead:
    """The last entry of this journal that the ledger never had; seq 0: it had them all."""
    values = {"site": site_name, "site_epoch": epoch}
    row = connection.execute(_OPENING, values).one_or_none()
    if row is None:
        return JournalHead(site_name=site_name, epoch=epoch)
    return JournalHead(site_name=site_name, epoch=epoch, seq=row.seq, entry_hash=row.entry_hash)


def opened_epochs(connection: Connection) -> list[tuple[int, int]]:
    """Each epoch in which this ledger was begun anew, and how many of its entries did that."""
    return [(epoch, seq) for epoch, seq in connection.execute(_OPENED)]


def put_openings(connection: Connection, heads: Iterable[JournalHead]) -> None:
    """Begin behind these entries."""
    rows = [asdict(head) for head in heads]
    if rows:
        connection.execute(_PUT, rows)
