"""The transaction in which entries take effect: balances, grants and watermark move together."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, bindparam, func, literal_column, select, update
from sqlalchemy.dialects.sqlite import insert

from primary.errors import ProjectionError
from primary.store import grants
from primary.store.amounts import amounts, amounts_text
from replication.adapters.sqlite_file import Work
from replication.entry_bodies import Movement
from replication.journal import JournalHead
from replication.schema.directory import balances, watermarks

DEBIT_END: Final = 2**63 - 1

Moved = Sequence[tuple[int, Movement]]
"""Movements with the number of the entry that each comes from."""

WATERMARKS: Final = select(
    watermarks.c.site_name, watermarks.c.epoch, watermarks.c.seq, watermarks.c.entry_hash
).order_by(watermarks.c.site_name, watermarks.c.epoch)
_WATERMARK: Final = WATERMARKS.where(
    watermarks.c.site_name == bindparam("site"), watermarks.c.epoch == bindparam("site_epoch")
)
_PUT_WATERMARK = insert(watermarks)
_MOVE_WATERMARK: Final = _PUT_WATERMARK.on_conflict_do_update(
    index_elements=["site_name", "epoch"],
    set_={"seq": _PUT_WATERMARK.excluded.seq, "entry_hash": _PUT_WATERMARK.excluded.entry_hash},
)
_BY_PAYER: Final = amounts("deltas")
_MOVED: Final = balances.c.balance_micros + _BY_PAYER.c.amount
_MOVE: Final = (
    update(balances)
    .where(
        balances.c.payer == _BY_PAYER.c.payer,
        # Beyond 64 bits SQLite would go on in floating point; `bound_money` lets nothing come here.
        func.typeof(_MOVED) == literal_column("'integer'"),
    )
    .values(balance_micros=_MOVED)
)


def projection(upto: JournalHead, moved: Moved, returned: Moved = ()) -> Work[None]:
    """The transaction that moves the money beyond the watermark, and the watermark with it.

    A debit comes out of the site's grant first, and so does what the site gave back of it
    (`returned`, negative). Repeating the transaction changes nothing. Errors: `ProjectionError`
    where a payer has no balance, or one that would leave 64 bits.
    """

    def work(connection: Connection) -> None:
        before = watermark_of(connection, upto.site_name, upto.epoch)
        if before.seq >= upto.seq:
            return
        sums = _sum_by_payer(movement for seq, movement in moved if seq > before.seq)
        moved_rows = connection.execute(_MOVE, {"deltas": amounts_text(sums)}).rowcount
        if moved_rows != len(sums):
            raise ProjectionError
        back = _sum_by_payer(movement for seq, movement in returned if seq > before.seq)
        grants.lower(connection, upto.site_name, _debits(sums, back))
        connection.execute(
            _MOVE_WATERMARK,
            {
                "site_name": upto.site_name,
                "epoch": upto.epoch,
                "seq": upto.seq,
                "entry_hash": upto.entry_hash,
            },
        )

    return work


def watermark_of(connection: Connection, site_name: str, epoch: int) -> JournalHead:
    """How far this journal has taken effect; seq 0 when nothing of it has."""
    values = {"site": site_name, "site_epoch": epoch}
    row = connection.execute(_WATERMARK, values).one_or_none()
    if row is None:
        return JournalHead(site_name=site_name, epoch=epoch)
    return JournalHead(**row._asdict())


def _sum_by_payer(movements: Iterable[Movement]) -> dict[str, int]:
    """What each payer gains (negative: loses) by all of `movements` together."""
    sums: dict[str, int] = {}
    for movement in movements:
        sums[movement.payer] = sums.get(movement.payer, 0) + movement.amount_micros
    return sums


def _debits(*sums: Mapping[str, int]) -> dict[str, int]:
    """What goes off each payer's grant, as a positive amount; a credit raises none."""
    debits: dict[str, int] = {}
    for each in sums:
        for payer, delta in each.items():
            if delta < 0:
                debits[payer] = min(debits.get(payer, 0) - delta, DEBIT_END)
    return debits
