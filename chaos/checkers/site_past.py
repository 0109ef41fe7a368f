"""What a site had done by each entry of its journal: the money that moved, and where its jobs were.

A site's facts and their entries are one transaction, so the number of its last entry says exactly
what the site is: its own part of every balance, what it has set aside, and the state of every job.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from chaos.checkers.entries import body_of
from chaos.checkers.track import Track
from failure_modes.errors import IllegalTransitionError
from failure_modes.job_lifecycle import TERMINAL, JobEvent, JobState, next_state
from replication.entry_bodies import (
    Body,
    CopyFinished,
    CopyStarted,
    JobAccepted,
    JobCounted,
    JobDeleted,
    JobExpired,
    JobNotPrinted,
    JobPrinted,
    JobPrintedLate,
    JobReleased,
    JobUnknown,
    movement,
    user_payer,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chaos.final_state import JournalKey
    from replication.journal import Entry

EVENT_OF_BODY: Final[Mapping[type[Body], JobEvent]] = {
    JobCounted: JobEvent.COUNTED,
    JobReleased: JobEvent.RELEASED,
    JobPrinted: JobEvent.PRINTED,
    JobPrintedLate: JobEvent.PRINTED,
    JobNotPrinted: JobEvent.NOT_PRINTED,
    JobUnknown: JobEvent.OUTCOME_LOST,
    JobDeleted: JobEvent.DELETED,
    JobExpired: JobEvent.EXPIRED,
}
CLOSING: Final = (JobPrinted, JobPrintedLate, JobNotPrinted)


class SitePast:
    """`entries`: all of the site's, of each epoch. Position n is the site after its n-th entry."""

    def __init__(self, site_name: str, entries: Iterable[Entry]) -> None:
        self.site_name = site_name
        self.entries = sorted(entries, key=lambda entry: (entry.epoch, entry.seq))
        self.bodies = [body_of(entry) for entry in self.entries]
        self.illegal: list[str] = []
        """Jobs whose entries are no path of the job lifecycle."""
        self.unjournaled_users: set[str] = set()
        """Whose jobs change without an entry at that moment: print now, bill later."""
        self.jobs: dict[str, Track[JobState | None]] = defaultdict(lambda: Track(None))
        self.owner: dict[str, str] = {}
        self._open: dict[str, Track[int]] = defaultdict(lambda: Track(0))
        self._jobs_of: dict[str, list[str]] = defaultdict(list)
        self._moved: dict[str, Track[int]] = defaultdict(lambda: Track(0))
        self._aside: dict[str, Track[int]] = defaultdict(lambda: Track(0))
        self._held: dict[str, tuple[str, int]] = {}
        self._payers = {name: payer for body in self.bodies for name, payer in _payer_of(body)}
        self._seqs: dict[JournalKey, list[int]] = {}
        self._before: dict[JournalKey, int] = {}
        for position, (entry, body) in enumerate(zip(self.entries, self.bodies, strict=True), 1):
            key = (entry.site_name, entry.epoch)
            self._before.setdefault(key, position - 1)
            self._seqs.setdefault(key, []).append(entry.seq)
            if body is not None:
                self._note(position, body)

    @property
    def keys(self) -> Iterable[JournalKey]:
        """Its journals."""
        return self._seqs

    def position(self, key: JournalKey, seq: int) -> int:
        """Where that entry is."""
        return self._before.get(key, 0) + bisect_right(self._seqs.get(key, []), seq)

    def moved_micros(self, payer: str, position: int) -> int:
        """What the site's entries have done to this payer's money."""
        return self._moved[payer].at(position) if payer in self._moved else 0

    def merged_micros(self, payer: str, watermarks: Mapping[JournalKey, int]) -> int:
        """The same of only those entries that these watermarks cover."""
        return sum(
            self.moved_micros(payer, self.position(key, watermarks.get(key, 0)))
            - self.moved_micros(payer, before)
            for key, before in self._before.items()
        )

    def aside_micros(self, payer: str, position: int) -> int:
        """What the site has set aside of this payer's credit."""
        return self._aside[payer].at(position) if payer in self._aside else 0

    def money_changes(self, payer: str, first: int, last: int) -> list[int]:
        """`first`, and where up to `last` the site's part of the payer's balance changes."""
        places = {first}
        for track in (self._moved.get(payer), self._aside.get(payer)):
            places.update(track.within(first, last) if track else ())
        return sorted(places)

    def merging(self, payer: str) -> list[int]:
        """The positions at which money of this payer moved."""
        return self._moved[payer].positions if payer in self._moved else []

    def jobs_changes(self, user_name: str, first: int, last: int) -> list[int]:
        """`first`, and where up to `last` the list of the user's open jobs changes."""
        track = self._open.get(user_name)
        return list(track.within(first, last)) if track else [first]

    def shows(self, user_name: str, shown: Mapping[str, str], position: int) -> bool:
        """Whether these are the user's open jobs there, each in its state."""
        track = self._open.get(user_name)
        return (track.at(position) if track else 0) == _mixed(shown)

    def open_jobs(self, user_name: str, position: int) -> dict[str, str]:
        """The user's open jobs there, for a reader."""
        states = {uuid: self.jobs[uuid].at(position) for uuid in self._jobs_of.get(user_name, [])}
        return {
            uuid: state.value
            for uuid, state in states.items()
            if state is not None and state not in TERMINAL
        }

    def _note(self, position: int, body: Body) -> None:
        moves = movement(body)
        if moves is not None:
            track = self._moved[moves.payer]
            track.put(position, track.last + moves.amount_micros)
        self._note_money_aside(position, body)
        self._note_job(position, body)

    def _note_money_aside(self, position: int, body: Body) -> None:
        match body:
            case JobReleased():
                payer = self._payers.get(f"{body.job_uuid} {body.fence}")
                self._set_aside(position, body.job_uuid, payer, body)
            case CopyStarted():
                self._set_aside(position, body.copy_uuid, self._payers.get(body.copy_uuid), body)
            case CopyFinished():
                self._give_back(position, body.copy_uuid)
            case _ if type(body) in CLOSING:
                self._give_back(position, getattr(body, "job_uuid", ""))

    def _set_aside(
        self, position: int, name: str, payer: str | None, body: JobReleased | CopyStarted
    ) -> None:
        self._give_back(position, name)
        amount = body.cost_micros if isinstance(body, JobReleased) else body.reserved_micros
        held = self._held[name] = (payer or user_payer(body.user_name), amount)
        track = self._aside[held[0]]
        track.put(position, track.last + amount)

    def _give_back(self, position: int, name: str) -> None:
        payer, amount = self._held.pop(name, ("", 0))
        if payer:
            track = self._aside[payer]
            track.put(position, track.last - amount)

    def _note_job(self, position: int, body: Body) -> None:
        if isinstance(body, JobAccepted):
            self.owner[body.job_uuid] = body.user_name
            self._jobs_of[body.user_name].append(body.job_uuid)
            self._becomes(position, body.job_uuid, JobState.ACCEPTED)
        elif type(body) in EVENT_OF_BODY:
            uuid = str(getattr(body, "job_uuid", ""))
            self._happens(position, uuid, EVENT_OF_BODY[type(body)])
            if isinstance(body, JobPrintedLate) and uuid in self.owner:
                self.unjournaled_users.add(self.owner[uuid])

    def _happens(self, position: int, uuid: str, event: JobEvent) -> None:
        before = self.jobs[uuid].last
        if before is None:
            return
        try:
            self._becomes(position, uuid, next_state(before, event))
        except IllegalTransitionError:
            self.illegal.append(
                f"{self.site_name}: job {uuid} was {before} and then {event}, by entry {position}; "
                "no path of the job lifecycle goes so"
            )

    def _becomes(self, position: int, uuid: str, state: JobState) -> None:
        open_jobs = self._open[self.owner[uuid]]
        before = self.jobs[uuid].last
        mixed = open_jobs.last ^ _mark(uuid, before) ^ _mark(uuid, state)
        self.jobs[uuid].put(position, state)
        open_jobs.put(position, mixed)


def _mark(uuid: str, state: str | None) -> int:
    return 0 if state is None or state in TERMINAL else hash((uuid, str(state)))


def _mixed(shown: Mapping[str, str]) -> int:
    mixed = 0
    for uuid, state in shown.items():
        mixed ^= _mark(uuid, state)
    return mixed


def _payer_of(body: Body | None) -> Iterable[tuple[str, str]]:
    if isinstance(body, JobPrinted):
        yield f"{body.job_uuid} {body.fence}", body.payer
    elif isinstance(body, CopyFinished):
        yield body.copy_uuid, body.payer
