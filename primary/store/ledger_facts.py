"""What the ledger records of one journal entry, as values and as rows."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from primary.store.dialects import BulkRows
from primary.store.ledger_sums import SumKey, add_to_sums, sums_of_rows
from primary.store.ledger_tables import entries, movements, print_log
from replication.entry_bodies import (
    MOVING_NOTHING,
    Body,
    CardUsed,
    CopyFinished,
    JobPrinted,
    JobPrintedLate,
    Movement,
    user_name_of,
)
from replication.journal import Entry
from replication.ports import WallMs

_JOURNAL_KEY: Final = ("site_name", "epoch", "seq")
_INSERT_ENTRIES: Final = BulkRows(
    entries,
    (
        *_JOURNAL_KEY,
        "kind",
        "version",
        "wall_ms",
        "body",
        "prev_hash",
        "entry_hash",
        "received_wall_ms",
        "disputed",
        "offset_ms",
    ),
)
_INSERT_MOVEMENTS: Final = BulkRows(
    movements, (*_JOURNAL_KEY, "payer", "amount_micros", "wall_ms", "printer_name")
)
_INSERT_PRINTS: Final = BulkRows(
    print_log,
    (
        *_JOURNAL_KEY,
        "wall_ms",
        "work_uuid",
        "work",
        "user_name",
        "printer_name",
        "payer",
        "cost_micros",
        "mono_pages",
        "colour_pages",
        "copies",
    ),
)


class LedgerFact(NamedTuple):
    """One entry and what it means. `disputed` says why it moves no money, '' when it may.

    `body` is None where it could not be read. There is one for each entry that comes in, and a
    frozen dataclass takes longer to make.
    """

    entry: Entry
    body: Body | None = None
    movement: Movement | None = None
    disputed: str = ""


def happened_wall_ms(entry: Entry, body: Body) -> int:
    """When that was which comes into the print log by this entry, by the clock of its writer."""
    if type(body) in MOVING_NOTHING:
        return entry.wall_ms
    if isinstance(body, JobPrintedLate):
        return body.printed_wall_ms
    return body.used_wall_ms if isinstance(body, CardUsed) else entry.wall_ms


def insert_facts(
    connection: Connection, facts: Sequence[LedgerFact], now_ms: WallMs, offset_ms: int | None
) -> None:
    """Insert `facts`, none of which is there yet: one statement per table.

    They were received at `now_ms`, when the clock of their site was `offset_ms` ahead, if known.
    """
    _INSERT_ENTRIES(
        connection, [(*_entry_row(fact.entry), now_ms, fact.disputed, offset_ms) for fact in facts]
    )
    moved, printed = _rows(facts)
    _INSERT_MOVEMENTS(connection, moved)
    _INSERT_PRINTS(connection, printed)
    add_to_sums(connection, moved, printed)


def sums_of(facts: Sequence[LedgerFact]) -> dict[SumKey, list[int]]:
    """What these facts add to which sums by day."""
    return sums_of_rows(*_rows(facts))


def _rows(facts: Sequence[LedgerFact]) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Their rows of `movements` and of `print_log`."""
    good = [fact for fact in facts if type(fact.body) not in MOVING_NOTHING and not fact.disputed]
    moved = [
        _movement_row(fact.entry, fact.movement, fact.body)
        for fact in good
        if fact.movement is not None
    ]
    printed = [
        _print_row(fact.entry, fact.body)
        for fact in good
        if isinstance(fact.body, JobPrinted | CopyFinished | CardUsed)
    ]
    return moved, printed


def _key(entry: Entry) -> tuple[str, int, int]:
    return entry.site_name, entry.epoch, entry.seq


def _entry_row(entry: Entry) -> tuple[Any, ...]:
    return (
        entry.site_name,
        entry.epoch,
        entry.seq,
        entry.kind,
        entry.version,
        entry.wall_ms,
        entry.body,
        entry.prev_hash,
        entry.entry_hash,
    )


def _movement_row(entry: Entry, moved: Movement, body: Body | None) -> tuple[Any, ...]:
    printer_name = getattr(body, "printer_name", "")
    return (*_key(entry), moved.payer, moved.amount_micros, entry.wall_ms, printer_name)


def _print_row(entry: Entry, body: JobPrinted | CopyFinished | CardUsed) -> tuple[Any, ...]:
    if isinstance(body, CardUsed):
        return _card_row(entry, body)
    printed = isinstance(body, JobPrinted)
    return (
        *_key(entry),
        happened_wall_ms(entry, body),
        body.job_uuid if isinstance(body, JobPrinted) else body.copy_uuid,
        "print" if printed else "copy",
        body.user_name,
        body.printer_name,
        body.payer,
        body.cost_micros,
        body.mono_pages,
        body.colour_pages,
        body.copies if isinstance(body, JobPrinted) else 1,
    )


def _card_row(entry: Entry, body: CardUsed) -> tuple[Any, ...]:
    """What was done at a device by itself, at the time when it was done there."""
    payer = body.payer or ""
    return (
        *_key(entry),
        happened_wall_ms(entry, body),
        body.use_uuid,
        "card",
        user_name_of(payer),
        body.printer_name,
        payer,
        body.cost_micros,
        body.mono_pages,
        body.colour_pages,
        1,
    )
