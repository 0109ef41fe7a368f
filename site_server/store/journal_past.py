"""The beginning of the journal, and how it is taken away once headquarters holds it for good.

Theory of operation
-------------------
An entry may go when two things are true. The watermark in the replica covers it: the balances that
are read here contain it. And headquarters could not come back from a backup that lacks it: its
backup window has passed since a replica was here whose watermark covered it.

For the second, the watermark is noted now and then together with the times of both clocks: that of
the replica's heartbeat and this site's own. The window must have passed by both. An entry's own
time is not asked: it is as wrong as this site's clock was when it was written. A clock that is set
forward by mistake cannot make a note older by the other clock; one that is set back only makes
pruning late, until later notes are old enough.

Number and hash of the last entry that is gone stay. The next entry names that hash, so the chain
goes on, and a fork is still found by whoever has the entry.

The rejected alternative is the acknowledgement of headquarters. A headquarters restored from a
backup has acknowledged what it no longer knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from replication.journal import JournalHead
from site_server.store.journal_tables import journal_covered, journal_pruned
from site_server.store.tables import journal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Table
    from sqlalchemy.sql.elements import ColumnElement

    from failure_modes.vocabulary import WallMs

PIECE_ENTRIES: Final = 500
"""Entries taken away in one transaction: a few ms, for which no job has to wait."""


def _mine(table: Table) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.site_name == bindparam("site"),
        table.c.epoch == bindparam("site_epoch"),
    )


_PRUNED: Final = select(journal_pruned.c.seq, journal_pruned.c.entry_hash).where(
    *_mine(journal_pruned)
)
_NOTE: Final = insert(journal_covered).on_conflict_do_nothing()
_OLD_ENOUGH: Final = select(func.coalesce(func.max(journal_covered.c.seq), 0)).where(
    *_mine(journal_covered),
    journal_covered.c.seq <= bindparam("watermark_seq"),
    journal_covered.c.heartbeat_wall_ms <= bindparam("heartbeat_ms"),
    journal_covered.c.seen_wall_ms <= bindparam("seen_ms"),
)
_HASH: Final = select(journal.c.entry_hash).where(
    *_mine(journal), journal.c.seq == bindparam("last_seq")
)
_TAKE_AWAY: Final = delete(journal).where(*_mine(journal), journal.c.seq <= bindparam("last_seq"))
_FORGET_BEYOND: Final = delete(journal_covered).where(
    *_mine(journal_covered), journal_covered.c.seq > bindparam("watermark_seq")
)
_FORGET_NOTES: Final = delete(journal_covered).where(
    *_mine(journal_covered), journal_covered.c.seq <= bindparam("last_seq")
)
_PUT = insert(journal_pruned)
_PUT_PRUNED: Final = _PUT.on_conflict_do_update(
    index_elements=["site_name", "epoch"],
    set_={"seq": _PUT.excluded.seq, "entry_hash": _PUT.excluded.entry_hash},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What a replica says of this site's entries, and of the past that headquarters may go to."""

    watermarks: Mapping[tuple[str, int], int]
    heartbeat_wall_ms: WallMs
    backup_window_ms: int


def pruned_head(connection: Connection, site_name: str, epoch: int) -> JournalHead:
    """The last entry of that epoch which is gone; seq 0 where all are here."""
    values = {"site": site_name, "site_epoch": epoch}
    row = connection.execute(_PRUNED, values).one_or_none()
    if row is None:
        return JournalHead(site_name=site_name, epoch=epoch)
    return JournalHead(site_name=site_name, epoch=epoch, seq=row.seq, entry_hash=row.entry_hash)


class JournalPast:
    """The journal's beginning, inside one transaction of the caller."""

    def __init__(self, connection: Connection, epochs: tuple[tuple[str, int], ...]) -> None:
        self._connection = connection
        self._epochs = epochs

    def note(self, cover: Cover, seen_wall_ms: WallMs) -> None:
        """Remember how far the watermarks are now, and when that is by both clocks."""
        for site_name, epoch in self._epochs:
            seq = cover.watermarks.get((site_name, epoch), 0)
            # A watermark that went back: headquarters was restored, and what it lacks is not old.
            here = {"site": site_name, "site_epoch": epoch, "watermark_seq": seq}
            self._connection.execute(_FORGET_BEYOND, here)
            if seq <= pruned_head(self._connection, site_name, epoch).seq:
                continue
            row = {
                "site_name": site_name,
                "epoch": epoch,
                "seq": seq,
                "heartbeat_wall_ms": cover.heartbeat_wall_ms,
                "seen_wall_ms": seen_wall_ms,
            }
            self._connection.execute(_NOTE, row)

    def prune(self, cover: Cover, now_wall_ms: WallMs) -> int:
        """Take away one piece of what may go; how many entries that were (0: nothing is left)."""
        for site_name, epoch in self._epochs:
            values = {
                "site": site_name,
                "site_epoch": epoch,
                "watermark_seq": cover.watermarks.get((site_name, epoch), 0),
                "heartbeat_ms": cover.heartbeat_wall_ms - cover.backup_window_ms,
                "seen_ms": now_wall_ms - cover.backup_window_ms,
            }
            upto = self._connection.execute(_OLD_ENOUGH, values).scalar_one()
            gone = pruned_head(self._connection, site_name, epoch)
            if upto > gone.seq:
                return self._take_away(gone, min(upto, gone.seq + PIECE_ENTRIES))
        return 0

    def _take_away(self, gone: JournalHead, last_seq: int) -> int:
        here = {"site": gone.site_name, "site_epoch": gone.epoch, "last_seq": last_seq}
        entry_hash = self._connection.execute(_HASH, here).scalar_one_or_none()
        if entry_hash is None:  # the watermark is beyond this journal: the disk was rolled back
            return 0
        self._connection.execute(_TAKE_AWAY, here)
        self._connection.execute(_FORGET_NOTES, here)
        last = {"site_name": gone.site_name, "epoch": gone.epoch, "seq": last_seq}
        self._connection.execute(_PUT_PRUNED, last | {"entry_hash": entry_hash})
        return last_seq - gone.seq
