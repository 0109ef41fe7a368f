"""Entries of a former epoch of this site, and the way by which they come into the present one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, func, select

from replication.journal import JournalHead
from site_server.store.journal import entries_of
from site_server.store.journal_past import pruned_head
from site_server.store.tables import journal

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from replication.journal import Entry
    from site_server.store.journal import Journal

PIECE_ENTRIES: Final = 500
"""Of one transaction: some 100 ms, in which nobody else can write."""

_OF: Final = (
    journal.c.site_name == bindparam("site"),
    journal.c.epoch == bindparam("site_epoch"),
)
_LAST: Final = select(func.coalesce(func.max(journal.c.seq), 0)).where(*_OF)
_BEYOND: Final = (
    select(journal.c.seq)
    .where(*_OF, journal.c.seq > bindparam("after"))
    .order_by(journal.c.seq)
    .limit(PIECE_ENTRIES)
)
_TAKE_AWAY: Final = delete(journal).where(
    *_OF, journal.c.seq > bindparam("after"), journal.c.seq <= bindparam("last")
)


def kept_range(connection: Connection, site_name: str, epoch: int) -> tuple[int, int]:
    """The last entry of that epoch which was pruned, and the last one that is here."""
    values = {"site": site_name, "site_epoch": epoch}
    pruned_seq = pruned_head(connection, site_name, epoch).seq
    return pruned_seq, max(pruned_seq, connection.execute(_LAST, values).scalar_one())


def kept_entry(connection: Connection, site_name: str, epoch: int, seq: int) -> Entry | None:
    """The entry of that number, if it is here."""
    head = JournalHead(site_name=site_name, epoch=epoch)
    return next(iter(entries_of(connection, head, seq, seq)), None)


def carry(connection: Connection, into: Journal, of: JournalHead) -> int:
    """Move one piece of what lies beyond `of` to the end of the present epoch; how many entries.

    A fact keeps its time and its content, and gets another number. Whose money it moves is summed
    up as before, so nobody's balance here changes by it.
    """
    values = {"site": of.site_name, "site_epoch": of.epoch, "after": of.seq}
    seqs = connection.execute(_BEYOND, values).scalars().all()
    if not seqs:
        return 0
    for entry in entries_of(connection, of, seqs[0], seqs[-1]):
        into.append_again(entry)
    connection.execute(_TAKE_AWAY, values | {"last": seqs[-1]})
    return len(seqs)
