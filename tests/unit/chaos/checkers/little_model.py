"""A little model of the product: sites that decide by themselves, and a directory that follows.

It is right by being simple: every number is added up anew from plain lists. What its clients see
may be told otherwise on purpose, to be found by the checker.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

from chaos.checkers.history_consistent import history_consistent
from chaos.directory_log import DirectoryLog
from chaos.final_state import FinalState, Opening, PrimaryFound, SiteFound
from chaos.history import Event, Fact, Fault, FaultKind, History, Operation, Outcome
from chaos.testing import chain, watermarks
from failure_modes.job_lifecycle import TERMINAL, JobState
from replication.entry_bodies import (
    BalanceAdjusted,
    Body,
    CopyFinished,
    CopyStarted,
    JobAccepted,
    JobCounted,
    JobDeleted,
    JobPrinted,
    JobReleased,
    movement,
    user_payer,
)
from replication.ports import Micros, MonotonicMs, WallMs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chaos.checkers.verdict import Verdict

PRIMARY: Final = "primary"
TICK_MS: Final = 10
OPENING_MICROS: Final = 10_000_000
PAGE: Final = 1_000_000


class LittleModel:
    """`spread_ms`: how long before its effect a call began, and how long after it was answered."""

    def __init__(
        self,
        *sites: str,
        users: tuple[str, ...] = ("ada", "bob"),
        spread_ms: Callable[[], int] = lambda: 1,
    ) -> None:
        self.now_ms = 1_000
        self._spread_ms = spread_ms
        self.users = users
        self.bodies: dict[str, list[Body]] = {name: [] for name in (PRIMARY, *sites)}
        self.jobs: dict[str, dict[str, tuple[str, JobState]]] = {name: {} for name in sites}
        self.copies: dict[str, dict[str, tuple[str, int]]] = {name: {} for name in sites}
        self.aside: dict[str, Counter[str]] = {name: Counter() for name in sites}
        self._moved: dict[str, Counter[str]] = defaultdict(Counter)
        self._marks = {(name, 1): 0 for name in self.bodies}
        self.balances = {user_payer(name): OPENING_MICROS for name in users}
        self._opening = dict(self.balances)
        self.replicas = {name: (dict(self.balances), 0) for name in sites}
        self._merged: dict[str, Counter[str]] = defaultdict(Counter)
        self._log = DirectoryLog()
        self._log.note(self._marks, self.balances)
        self.events: list[Event | Fault] = []

    # What people do.

    def send(self, site: str, user: str, *, outcome: Outcome = Outcome.OK) -> str:
        """Print a document; its job's uuid."""
        number = len(self.bodies[site])
        uuid, sha256 = f"{abs(hash(site)) % 16**8:08x}-0000-0000-0000-{number:012x}", ""
        sha256 = uuid.replace("-", "").ljust(64, "0")
        accepted = JobAccepted(
            job_uuid=uuid, user_name=user, queue_name="q", job_name="d", bytes=1, sha256=sha256
        )
        self.write(site, accepted)
        self.jobs[site][uuid] = (user, JobState.ACCEPTED)
        self.heard(Operation.PRINT, site, outcome, sha256=sha256, user_name=user)
        self.write(site, JobCounted(job_uuid=uuid, mono_pages=1, colour_pages=0))
        self.jobs[site][uuid] = (user, JobState.HELD)
        return uuid

    def release(self, site: str, uuid: str, *, outcome: Outcome = Outcome.OK) -> None:
        """Let a held job go, for one page."""
        user, _ = self.jobs[site][uuid]
        released = JobReleased(
            job_uuid=uuid, user_name=user, printer_name="p", fence=1, cost_micros=PAGE
        )
        self.write(site, released)
        self.aside[site][user] += PAGE
        self.jobs[site][uuid] = (user, JobState.RELEASING)
        self.heard(Operation.RELEASE, site, outcome, job_uuid=uuid)

    def printed(self, site: str, uuid: str) -> None:
        """The printer is done; nobody asked for this."""
        user, _ = self.jobs[site][uuid]
        printed = JobPrinted(
            job_uuid=uuid,
            user_name=user,
            printer_name="p",
            fence=1,
            payer=user_payer(user),
            cost_micros=PAGE,
            mono_pages=1,
            colour_pages=0,
            copies=1,
        )
        self.write(site, printed)
        self.aside[site][user] -= PAGE
        self.jobs[site][uuid] = (user, JobState.PRINTED)

    def delete(self, site: str, uuid: str, *, outcome: Outcome = Outcome.OK) -> None:
        """Take a held job away."""
        user, _ = self.jobs[site][uuid]
        self.write(site, JobDeleted(job_uuid=uuid, by_user_name=user))
        self.jobs[site][uuid] = (user, JobState.CANCELLED)
        self.heard(Operation.DELETE, site, outcome, job_uuid=uuid)

    def copy(self, site: str, user: str, pages: int = 1, *, outcome: Outcome = Outcome.OK) -> None:
        """Copy so many pages of the five that were set aside."""
        number = len(self.bodies[site])
        uuid = f"{abs(hash(site)) % 16**8:08x}-0000-0000-0001-{number:012x}"
        who = {"copy_uuid": uuid, "user_name": user, "printer_name": "p"}
        self.write(site, CopyStarted(**who, reserved_micros=5 * PAGE))
        self.heard(Operation.COPY_START, site, Outcome.OK, copy_uuid=uuid, user_name=user)
        cost = pages * PAGE
        finished = CopyFinished(
            **who, payer=user_payer(user), cost_micros=cost, mono_pages=pages, colour_pages=0
        )
        self.write(site, finished)
        self.heard(Operation.COPY_FINISH, site, outcome, copy_uuid=uuid, cost_micros=cost)

    def adjust(self, user: str, micros: int, *, outcome: Outcome = Outcome.OK) -> None:
        """Headquarters gives or takes."""
        name, payer = f"request {len(self.bodies[PRIMARY])}", user_payer(user)
        body = BalanceAdjusted(payer=payer, amount_micros=micros, request_id=name)
        self.write(PRIMARY, body)
        self.up(PRIMARY)
        self.heard(Operation.ADJUST, PRIMARY, outcome, request_id=name, amount_micros=micros)

    # What goes on between the nodes.

    def up(self, site: str, entries: int = 1_000_000) -> None:
        """Headquarters takes the next entries of that journal, in one commit."""
        done = self._marks[site, 1]
        for body in self.bodies[site][done : done + entries]:
            done += 1
            moves = movement(body)
            if moves is not None:
                self.balances[moves.payer] += moves.amount_micros
                self._merged[site][moves.payer] += moves.amount_micros
        self._marks[site, 1] = done
        self._log.note(self._marks, self.balances)

    def into_last_step(self, site: str) -> None:
        """A bug: what was written since the last commit is in that commit already."""
        before = self._log.steps
        self.up(site)
        *others, last, more = self._log.steps
        assert len(others) + 1 == len(before)
        self._log = DirectoryLog()
        for step in others:
            self._log.note(step.watermarks, step.balances)
        self._log.note({**last.watermarks, **more.watermarks}, {**last.balances, **more.balances})

    def down(self, site: str) -> None:
        """The site's replica becomes what the directory is."""
        others = {
            payer: micros - self._merged[site][payer] for payer, micros in self.balances.items()
        }
        self.replicas[site] = (others, self._marks[site, 1])

    # What people see; `micros` and `jobs` are lies.

    def log_in(self, site: str, user: str, micros: int | None = None) -> int:
        """Somebody sees their balance at a panel."""
        shown = self.micros(site, user) if micros is None else micros
        self.heard(Operation.LOGIN, site, Outcome.OK, user_name=user, balance_micros=shown)
        return shown

    def list(self, site: str, user: str, jobs: Mapping[str, str] | None = None) -> dict[str, str]:
        """Somebody sees their jobs at a panel."""
        shown = self.open_jobs(site, user) if jobs is None else dict(jobs)
        self.heard(Operation.LIST, site, Outcome.OK, shown=shown, user_name=user)
        return shown

    def look(self, user: str, micros: int | None = None) -> int:
        """The administrator sees a balance at headquarters."""
        shown = self.balances[user_payer(user)] if micros is None else micros
        self.heard(Operation.BALANCE, PRIMARY, Outcome.OK, user_name=user, balance_micros=shown)
        return shown

    def micros(self, site: str, user: str) -> int:
        """What the site really has for this user now."""
        payer = user_payer(user)
        return self.replicas[site][0][payer] + self._moved[site][payer] - self.aside[site][user]

    def open_jobs(self, site: str, user: str) -> dict[str, str]:
        """The user's open jobs there now."""
        return {
            uuid: state.value
            for uuid, (owner, state) in self.jobs[site].items()
            if owner == user and state not in TERMINAL
        }

    def write(self, journal: str, body: Body) -> None:
        """A fact, now."""
        self.now_ms += TICK_MS
        self.bodies[journal].append(body)
        moves = movement(body)
        if moves is not None:
            self._moved[journal][moves.payer] += moves.amount_micros

    def heard(
        self,
        operation: Operation,
        node: str,
        outcome: Outcome,
        shown: Mapping[str, str] | None = None,
        **facts: Fact,
    ) -> None:
        """A client's call that took effect at this moment."""
        began_ms, ended_ms = self.now_ms - self._spread_ms(), self.now_ms + self._spread_ms()
        self.events.append(
            Event(
                operation=operation,
                node=node,
                wall_ms=WallMs(began_ms),
                monotonic_ms=MonotonicMs(began_ms),
                latency_us=(ended_ms - began_ms) * 1_000,
                outcome=outcome,
                facts=facts,
                shown=shown,
            )
        )
        self.now_ms += TICK_MS

    def fault(self, kind: FaultKind, node: str) -> None:
        """A disaster."""
        self.events.append(
            Fault(
                kind=kind,
                node=node,
                wall_ms=WallMs(self.now_ms),
                monotonic_ms=MonotonicMs(self.now_ms),
            )
        )

    def verdict(self) -> Verdict:
        """What the checker says to it."""
        entries = {name: chain(name, bodies) for name, bodies in self.bodies.items()}
        ledger = tuple(each for name in entries for each in entries[name])
        balances = {payer: Micros(micros) for payer, micros in self.balances.items()}
        state = FinalState(
            opening=Opening(
                balances={payer: Micros(each) for payer, each in self._opening.items()},
                watermarks=(),
            ),
            primary=PrimaryFound(
                balances=balances,
                ledger_balances=balances,
                entries=ledger,
                watermarks=watermarks(ledger),
            ),
            sites=tuple(
                SiteFound(site_name=name, balances={}, entries=entries[name], jobs=())
                for name in self.jobs
            ),
            documents=(),
        )
        return history_consistent(History(records=tuple(self.events)), state, self._log.steps)
