"""How far each journal is in the ledger."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, bindparam, select, tuple_

from primary.store.ledger_tables import entries
from primary.store.openings import opening_of
from replication.journal import JournalHead

_HEAD: Final = (
    select(entries.c.seq, entries.c.entry_hash)
    .where(
        entries.c.site_name == bindparam("site"),
        entries.c.epoch == bindparam("site_epoch"),
    )
    .order_by(entries.c.seq.desc())
    .limit(1)
)
_NEXT_JOURNAL: Final = (
    select(entries.c.site_name, entries.c.epoch)
    .where(
        tuple_(entries.c.site_name, entries.c.epoch)
        > tuple_(bindparam("site"), bindparam("site_epoch"))
    )
    .order_by(entries.c.site_name, entries.c.epoch)
    .limit(1)
)
"""From journal to journal by the index: DISTINCT would read every entry, at every start."""


def head_of(connection: Connection, site_name: str, epoch: int) -> JournalHead:
    """The last entry of this journal that is here; seq 0 when there is none."""
    values = {"site": site_name, "site_epoch": epoch}
    row = connection.execute(_HEAD, values).one_or_none()
    if row is None:
        return opening_of(connection, site_name, epoch)
    return JournalHead(site_name=site_name, epoch=epoch, seq=row.seq, entry_hash=row.entry_hash)


def heads(connection: Connection) -> Iterator[JournalHead]:
    """The head of every journal of which something is here."""
    values: dict[str, object] = {"site": "", "site_epoch": 0}
    while (found := connection.execute(_NEXT_JOURNAL, values).one_or_none()) is not None:
        yield head_of(connection, found.site_name, found.epoch)
        values = {"site": found.site_name, "site_epoch": found.epoch}
