"""Counts what a drill does to people, and whether a real line would have said otherwise.

Theory of operation
-------------------
`Decider.decide` is where every decision in earnest is made, some in the event loop and some in the
writer's thread, in the middle of somebody's transaction. So `note` only counts, in memory and under
a lock of its own. A task takes what was counted and writes it after the next commit of anything:
what a crash can lose of a drill's report is less than a moment of it. While no drill is on, all of
this costs one look at `is_on`.

A decision that a transaction undoes afterwards (the disk was full) stays counted. The report is
about decisions; what was printed and paid stands in the journal.

To ask once more with a good line needs nothing but the same view and policy: `decide` is pure. So a
report can tell what the drill refused from what would have been refused on any day.

Rejected: a log of all decisions, summed up at the end. It would grow with the drill, and hold who
asked for what.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failure_modes.decide import decide
from failure_modes.facts import CopyFacts, LoginFacts, SubmitFacts
from failure_modes.vocabulary import Action, LinkState
from replication.errors import StorageError, StorageFullError
from site_server.store.drills import Count, Counted, Refusal

if TYPE_CHECKING:
    from failure_modes.decision import Decision
    from failure_modes.facts import Facts, View
    from failure_modes.policy import Policy
    from failure_modes.vocabulary import WallMs
    from site_server.store.site_store import SiteStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question, and by the rules of which state of the link it was answered."""

    facts: Facts
    view: View
    policy: Policy
    link: LinkState
    now_ms: WallMs
    user_name: str
    """Empty where nobody knows who asks."""


class RecordDrill:
    """The counters of the drill that is on."""

    def __init__(self, store: SiteStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._counts: Counter[Count] = Counter()
        self._refusals: Counter[Refusal] = Counter()
        self._begun = asyncio.Event()
        self._writing = asyncio.Lock()
        self._number: int | None = None

    @property
    def is_on(self) -> bool:
        """Whether there is anything to count."""
        return self._number is not None

    @property
    def number(self) -> int | None:
        """The number of the drill that is on."""
        return self._number

    def begin(self, number: int) -> None:
        """Count for that drill from now on."""
        self._number = number
        self._begun.set()

    def stop(self) -> Counted:
        """Count no more; what was counted and not written yet."""
        self._number = None
        self._begun.clear()
        return self._take()

    def note(self, asked: Asked, decision: Decision) -> None:
        """Count a decision. Called in any thread."""
        if asked.link is not LinkState.DRILL:
            with self._lock:
                self._counts[Count.BY_EARLIER_RULES] += 1
            return
        online = decide(asked.facts, asked.view, LinkState.ONLINE, asked.policy, asked.now_ms)
        with self._lock:
            self._counts.update(_amounts(asked.facts, decision))
            if not is_accepted(decision):
                refusal = Refusal(
                    reason=decision.reasons[0].value,
                    because_of_drill=is_accepted(online),
                    user_name=asked.user_name,
                )
                self._refusals[refusal] += 1
            elif not is_accepted(online):
                self._counts[Count.REFUSED_ONLINE_ONLY] += 1
            elif _effect(decision) != _effect(online):
                self._counts[Count.OTHERWISE_THAN_ONLINE] += 1

    async def run(self) -> None:
        """Write what was counted after each commit, while a drill is on, for ever."""
        while True:
            await self._begun.wait()
            await self._store.wait_for_commit()
            with suppress(StorageError, StorageFullError):  # kept, and written after the next one
                await self.flush()

    async def flush(self) -> None:
        """Return once all that was counted is written; where that fails it is kept for later."""
        async with self._writing:
            number = self._number
            counted = self._take()
            if number is None or not (counted.counts or counted.refusals):
                return
            try:
                await self._store.write(lambda unit: unit.drills.add(number, counted))
            except BaseException:
                if number == self._number:
                    self.put_back(counted)
                raise

    def put_back(self, counted: Counted) -> None:
        """Count this again: it was not written."""
        with self._lock:
            self._counts.update(counted.counts)
            self._refusals.update(counted.refusals)

    def _take(self) -> Counted:
        with self._lock:
            counted = Counted(counts=dict(self._counts), refusals=dict(self._refusals))
            self._counts.clear()
            self._refusals.clear()
        return counted


def is_accepted(decision: Decision) -> bool:
    """Whether whoever asked was not turned away: a job that is taken in to wait was accepted."""
    return decision.action is not Action.DENY


def _effect(decision: Decision) -> tuple[object, ...]:
    """What people notice of a decision that lets them go on."""
    return (
        decision.action,
        decision.cost_micros,
        decision.charge_to,
        decision.charge_account,
        decision.conversions,
    )


def _amounts(facts: Facts, decision: Decision) -> dict[Count, int]:
    accepted = is_accepted(decision)
    match facts:
        case LoginFacts():
            return {Count.LOGINS_ACCEPTED if accepted else Count.LOGINS_REFUSED: 1}
        case SubmitFacts():
            return {Count.JOBS_TAKEN if accepted else Count.JOBS_TURNED_AWAY: 1}
        case CopyFacts() if accepted:
            return {
                Count.COPIES_STARTED: 1,
                Count.COPY_PAGES_MAX: facts.pages,
                Count.COPY_MICROS_MAX: decision.cost_micros,
            }
        case CopyFacts():
            return {Count.COPIES_REFUSED: 1}
        case _ if accepted:
            return {
                Count.JOBS_RELEASED: 1,
                Count.PAGES_RELEASED: sum(line.impressions for line in decision.lines),
                Count.RELEASED_MICROS: decision.cost_micros,
            }
        case _:
            return {Count.RELEASES_REFUSED: 1}
