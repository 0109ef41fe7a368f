"""The disputed entries of the ledger, and what people made of them."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, and_, bindparam, func, insert, or_, select

from primary.store.ledger_tables import entries, settlements

BODY_CHARS_SHOWN: Final = 2_000
"""Of a body in the list: a page of poison must not be a gigabyte."""

KIND_CHARS_SHOWN: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """A person's last word on a disputed entry. `adjustments` is JSON: what was booked instead."""

    settled_wall_ms: int
    comment: str
    adjustments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A disputed entry. `body` is its beginning, as it came; `body_chars` how long it is."""

    entry_id: int
    site_name: str
    epoch: int
    seq: int
    kind: str
    version: int
    wall_ms: int
    received_wall_ms: int
    disputed: str
    body: str
    body_chars: int
    settlement: Settlement | None


_DISPUTES = (
    select(
        entries.c.entry_id,
        entries.c.site_name,
        entries.c.epoch,
        entries.c.seq,
        func.substr(entries.c.kind, 1, KIND_CHARS_SHOWN).label("kind"),
        entries.c.version,
        entries.c.wall_ms,
        entries.c.received_wall_ms,
        entries.c.disputed,
        func.substr(entries.c.body, 1, BODY_CHARS_SHOWN).label("body"),
        func.length(entries.c.body).label("body_chars"),
        settlements.c.settled_wall_ms,
        settlements.c.comment,
        settlements.c.adjustments,
    )
    .join(
        settlements,
        and_(
            settlements.c.site_name == entries.c.site_name,
            settlements.c.epoch == entries.c.epoch,
            settlements.c.seq == entries.c.seq,
        ),
        isouter=True,
    )
    .where(entries.c.disputed != "")
)
_PAGE: Final = (
    _DISPUTES.where(
        entries.c.entry_id > bindparam("after"),
        or_(bindparam("with_settled"), settlements.c.seq.is_(None)),
    )
    .order_by(entries.c.entry_id)
    .limit(bindparam("page_size"))
)
_ONE: Final = _DISPUTES.where(
    entries.c.site_name == bindparam("site"),
    entries.c.epoch == bindparam("site_epoch"),
    entries.c.seq == bindparam("at"),
)
_SETTLE: Final = insert(settlements)


def disputes(
    connection: Connection, *, after: int, limit: int, with_settled: bool
) -> tuple[Dispute, ...]:
    """A page of disputes in the order of their arrival; the open ones, or all."""
    values = {"after": after, "page_size": limit, "with_settled": with_settled}
    return tuple(_dispute(row._asdict()) for row in connection.execute(_PAGE, values))


def dispute(connection: Connection, site_name: str, epoch: int, seq: int) -> Dispute | None:
    """The disputed entry of that number; None where there is none, or nobody disputes it."""
    values = {"site": site_name, "site_epoch": epoch, "at": seq}
    row = connection.execute(_ONE, values).one_or_none()
    return None if row is None else _dispute(row._asdict())


def put_settlement(connection: Connection, of: Dispute, settlement: Settlement) -> None:
    """Write down that this dispute is settled."""
    row = {
        "site_name": of.site_name,
        "epoch": of.epoch,
        "seq": of.seq,
        "settled_wall_ms": settlement.settled_wall_ms,
        "comment": settlement.comment,
        "adjustments": settlement.adjustments,
    }
    connection.execute(_SETTLE, row)


def _dispute(row: dict[str, object]) -> Dispute:
    settled = {name: row.pop(name) for name in Settlement.__dataclass_fields__}
    settlement = None if settled["comment"] is None else Settlement(**settled)  # type: ignore[arg-type]
    return Dispute(**row, settlement=settlement)  # type: ignore[arg-type]
