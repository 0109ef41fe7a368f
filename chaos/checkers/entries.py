"""The journal entries of a final state, put together for the checkers."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeVar

from replication.entry_bodies import Body, movement
from replication.errors import BadEntryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chaos.final_state import FinalState, JournalKey, Watermark
    from replication.journal import Entry

B = TypeVar("B", bound=Body)


def every_entry(state: FinalState) -> tuple[Entry, ...]:
    """Each entry once, be it in the ledger, still at its site, or both; in journal order."""
    found = {
        (entry.site_name, entry.epoch, entry.seq): entry
        for entries in (*(site.entries for site in state.sites), state.primary.entries)
        for entry in entries
    }
    return tuple(found[key] for key in sorted(found))


def journals(entries: Iterable[Entry]) -> dict[JournalKey, list[Entry]]:
    """The entries by journal, in the order in which they come."""
    by_key: dict[JournalKey, list[Entry]] = {}
    for entry in entries:
        by_key.setdefault((entry.site_name, entry.epoch), []).append(entry)
    return by_key


def bodies(entries: Iterable[Entry], kind: type[B]) -> Iterator[B]:
    """The bodies of this kind; what does not parse is nobody's fact."""
    for entry in entries:
        body = body_of(entry)
        if type(body) is kind:
            yield body


def body_of(entry: Entry) -> Body | None:
    """What the entry says, or None where it says nothing that this version understands."""
    try:
        return entry.parsed()
    except BadEntryError:
        return None


def money_moved(entries: Iterable[Entry]) -> Counter[str]:
    """The sum of what these entries move, in micros by payer."""
    moved: Counter[str] = Counter()
    for entry in entries:
        body = body_of(entry)
        moves = movement(body) if body is not None else None
        if moves is not None:
            moved[moves.payer] += moves.amount_micros
    return moved


def beyond(entries: Iterable[Entry], watermarks: Iterable[Watermark]) -> Iterator[Entry]:
    """The entries that these watermarks do not cover."""
    reached = {watermark.key: watermark.seq for watermark in watermarks}
    for entry in entries:
        if entry.seq > reached.get((entry.site_name, entry.epoch), 0):
            yield entry
