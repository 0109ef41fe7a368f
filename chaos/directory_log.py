"""What the directory was, commit by commit: the order in which headquarters let money take effect.

A simulation notes it at each commit. Elsewhere it is made from the order in which the ledger took
the entries. It says how far each journal was, and what the balances were then; that the second
follows from the first is for a checker to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from replication.entry_bodies import movement
from replication.errors import BadEntryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chaos.final_state import JournalKey, Opening
    from replication.journal import Entry

K = TypeVar("K")


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryStep:
    """What one commit changed; the first step is everything that there was before."""

    watermarks: Mapping[JournalKey, int]
    balances: Mapping[str, int]


class DirectoryLog:
    """The steps so far."""

    def __init__(self) -> None:
        self._watermarks: dict[JournalKey, int] = {}
        self._balances: dict[str, int] = {}
        self._steps: list[DirectoryStep] = []

    @property
    def steps(self) -> tuple[DirectoryStep, ...]:
        """In their order."""
        return tuple(self._steps)

    def note(self, watermarks: Mapping[JournalKey, int], balances: Mapping[str, int]) -> None:
        """The directory is this now. Where nothing of it changed there is no step."""
        moved = _changed(self._watermarks, watermarks)
        paid = _changed(self._balances, balances)
        if moved or paid or not self._steps:
            self._steps.append(DirectoryStep(watermarks=moved, balances=paid))
            self._watermarks.update(moved)
            self._balances.update(paid)


def steps_of_arrivals(opening: Opening, arrived: Iterable[Entry]) -> tuple[DirectoryStep, ...]:
    """The steps, if each entry took effect by itself and in the order of its arrival."""
    log = DirectoryLog()
    marks = {mark.key: mark.seq for mark in opening.watermarks}
    balances: dict[str, int] = dict(opening.balances)
    log.note(marks, balances)
    for entry in arrived:
        key = (entry.site_name, entry.epoch)
        if entry.seq <= marks.get(key, 0):
            continue
        marks[key] = entry.seq
        paid = {}
        moves = _movement(entry)
        if moves is not None:
            balances[moves[0]] = balances.get(moves[0], 0) + moves[1]
            paid[moves[0]] = balances[moves[0]]
        log.note({key: entry.seq}, paid)
    return log.steps


def _movement(entry: Entry) -> tuple[str, int] | None:
    try:
        moves = movement(entry.parsed())
    except BadEntryError:
        return None
    return None if moves is None else (moves.payer, moves.amount_micros)


def _changed(before: Mapping[K, int], now: Mapping[K, int]) -> dict[K, int]:
    return {name: value for name, value in now.items() if before.get(name) != value}
