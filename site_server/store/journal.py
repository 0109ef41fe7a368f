"""The journal of this site: appended in the caller's transaction, read by the uplink.

An entry that moves money also keeps whose and how much in columns of their own, so that the sum of
what a replica does not know yet is one walk over a covering index. What was pruned (`journal_past`)
is contained in every replica that may come, so no sum lacks it. An allowance that is given back is
kept in the same columns under a name that no payer has, so its sum is the same walk.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, func, insert, literal_column, select

from failure_modes.vocabulary import Micros
from replication.entry_bodies import Movement, movement, returned
from replication.journal import Entry, JournalHead, next_entry
from site_server.store import tables
from site_server.store.journal_past import pruned_head

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection

    from failure_modes.vocabulary import WallMs
    from replication.entry_bodies import Body

_ENTRY_COLUMNS: Final = (
    "site_name",
    "epoch",
    "seq",
    "kind",
    "version",
    "wall_ms",
    "body",
    "prev_hash",
    "entry_hash",
)
_MINE: Final = (
    tables.journal.c.site_name == bindparam("site_name"),
    tables.journal.c.epoch == bindparam("epoch"),
)
_HEAD: Final = (
    select(tables.journal.c.seq, tables.journal.c.entry_hash)
    .where(*_MINE)
    .order_by(tables.journal.c.seq.desc())
    .limit(1)
)
_IN_RANGE: Final = tables.journal.c.seq.between(bindparam("first_seq"), bindparam("last_seq"))
HEAD_TEXT: Final = (
    "SELECT seq, entry_hash FROM journal WHERE site_name = :site_name AND epoch = :epoch"
    " ORDER BY seq DESC LIMIT 1"
)
"""`_HEAD` for the driver: it is asked with every beat of the link and every upload."""
_RANGE: Final = (
    select(*(tables.journal.c[name] for name in _ENTRY_COLUMNS))
    .where(*_MINE, _IN_RANGE)
    .order_by(tables.journal.c.seq)
)
_TEXTS: Final = (
    select(
        func.json_object(
            *chain.from_iterable(
                (literal_column(f"'{name}'"), tables.journal.c[name]) for name in _ENTRY_COLUMNS
            )
        )
    )
    .where(*_MINE, _IN_RANGE)
    .order_by(tables.journal.c.seq)
)
"""Made where the rows are: an entry made of each, and a text of that, take three times as long."""
_EPOCHS: Final = select(tables.journal.c.site_name, tables.journal.c.epoch).distinct()
_UNMERGED: Final = select(func.coalesce(func.sum(tables.journal.c.amount_micros), 0)).where(
    tables.journal.c.payer == bindparam("payer"),
    *_MINE,
    tables.journal.c.seq > bindparam("watermark_seq"),
)
_SPENT_SINCE: Final = select(func.coalesce(-func.sum(tables.journal.c.amount_micros), 0)).where(
    tables.journal.c.payer == bindparam("payer"), tables.journal.c.wall_ms >= bindparam("since_ms")
)
_APPEND: Final = insert(tables.journal)


def head_of(connection: Connection, site_name: str, epoch: int) -> JournalHead:
    """The last entry of that epoch which this transaction sees, or which was pruned."""
    row = connection.execute(_HEAD, {"site_name": site_name, "epoch": epoch}).one_or_none()
    if row is None:
        return pruned_head(connection, site_name, epoch)
    return JournalHead(site_name=site_name, epoch=epoch, seq=row.seq, entry_hash=row.entry_hash)


def head_found(row: tuple[Any, ...], site_name: str, epoch: int) -> JournalHead:
    """The head that `HEAD_TEXT` found."""
    return JournalHead(site_name=site_name, epoch=epoch, seq=row[0], entry_hash=row[1])


def entries_of(
    connection: Connection, head: JournalHead, first_seq: int, last_seq: int
) -> list[Entry]:
    """The entries first..last of the epoch of `head`, in order."""
    rows = connection.execute(
        _RANGE,
        {
            "site_name": head.site_name,
            "epoch": head.epoch,
            "first_seq": first_seq,
            "last_seq": last_seq,
        },
    )
    return [
        Entry(
            site_name=site_name,
            epoch=epoch,
            seq=seq,
            kind=kind,
            version=version,
            wall_ms=wall_ms,
            body=body,
            prev_hash=prev_hash,
            entry_hash=entry_hash,
        )
        for site_name, epoch, seq, kind, version, wall_ms, body, prev_hash, entry_hash in rows
    ]


def texts_of(connection: Connection, head: JournalHead, first_seq: int, last_seq: int) -> list[str]:
    """The same, each as JSON of all fields of `Entry`."""
    values = {"site_name": head.site_name, "epoch": head.epoch}
    values |= {"first_seq": first_seq, "last_seq": last_seq}
    return list(connection.execute(_TEXTS, values).scalars())


def epochs_of(connection: Connection) -> tuple[tuple[str, int], ...]:
    """Every (site name, epoch) that this file has entries of: nearly always one."""
    return tuple((row.site_name, row.epoch) for row in connection.execute(_EPOCHS))


def unmerged_micros(
    connection: Connection,
    payer: str,
    watermarks: Mapping[tuple[str, int], int],
    epochs: tuple[tuple[str, int], ...],
) -> Micros:
    """What this site's own entries beyond the replica's watermarks do to `payer`'s money.

    An epoch without a watermark has taken no effect yet: all its entries count.
    """
    total = 0
    for site_name, epoch in epochs:
        values = {
            "payer": payer,
            "site_name": site_name,
            "epoch": epoch,
            "watermark_seq": watermarks.get((site_name, epoch), 0),
        }
        total += connection.execute(_UNMERGED, values).scalar_one()
    return Micros(total)


def returned_name(payer: str) -> str:
    """Under which name what was given back of the payer's allowance is kept."""
    return f"returned:{payer}"


def spent_since(connection: Connection, payer: str, since_wall_ms: int) -> Micros:
    """What was charged to this payer here since then, as far back as the journal is kept."""
    values = {"payer": payer, "since_ms": since_wall_ms}
    return Micros(connection.execute(_SPENT_SINCE, values).scalar_one())


class Journal:
    """The end of the journal, inside one transaction of the caller."""

    def __init__(
        self, connection: Connection, head: JournalHead, wall_ms: Callable[[], WallMs]
    ) -> None:
        self._connection = connection
        self._epoch_of = head
        self._wall_ms = wall_ms

    def append(self, body: Body) -> Entry:
        """Record a fact. It exists if and only if the caller's transaction commits."""
        return self._append(body, self._wall_ms())

    def append_again(self, entry: Entry) -> Entry:
        """Record a fact of a former epoch in this one, with its own time."""
        return self._append(entry.parsed(), entry.wall_ms)

    def _append(self, body: Body, wall_ms: WallMs) -> Entry:
        head = head_of(self._connection, self._epoch_of.site_name, self._epoch_of.epoch)
        entry = next_entry(head, body, wall_ms)
        moved = _summed(body)
        self._connection.execute(
            _APPEND,
            {name: getattr(entry, name) for name in _ENTRY_COLUMNS}
            | {
                "payer": moved.payer if moved else None,
                "amount_micros": moved.amount_micros if moved else 0,
            },
        )
        return entry


def _summed(body: Body) -> Movement | None:
    """What is summed up of this fact, and under which name."""
    back = returned(body)
    if back is None:
        return movement(body)
    return Movement(payer=returned_name(back.payer), amount_micros=back.amount_micros)
