"""Kills of the real applier, at moments spread over the whole length of what it does.

Theory of operation
-------------------
Each round has a database of its own that lived through random work. Its states are fed to the
applier as LTX files of all levels, snapshots and page deltas. Each request goes to a process of its
own, which is killed in one of two ways, in turn:

* by operation: the recorder kills it just before the k-th thing it does to a file or says to its
  parent. k runs over all of them, as a run without a kill counted them. This hits every gap between
  two writes, syncs, renames.
* by time: after a delay that runs over 1.2 times what such a request took, to the microsecond,
  waited out on the processor and not in the kernel. This hits whatever lies between operations.

Both are stratified: the n-th kill of a kind of request takes the n-th place of a low-discrepancy
sequence, so that places are spread evenly whatever the number of kills.

After each kill the replica is opened as a site would. It must be sound, equal to the state before
or after (byte for byte), and its position must not be beyond its content. Then the next process
goes on from there, often with less than what was lost: a site that was killed, too, may have only a
part of it.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from chaos.errors import ChaosError
from chaos.live.page_history import PageHistory
from chaos.live.power_cut.record import Did, read_record
from chaos.live.power_cut.recorder import recording
from chaos.live.replica_feed import KINDS, ReplicaFeed
from chaos.live.replica_state import WrongRowsError, replica_state
from chaos.live.spare_applier import SpareApplier

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from chaos.live.replica_feed import Feed
    from chaos.live.replica_state import ReplicaState

STATES: Final = 60
"""Transactions of one round's database."""
PAGE_SIZES: Final = (512, 1024, 4096, 8192)
BEYOND: Final = 1.2
"""Times run a little longer than the request, to meet the checkpoint behind the answer."""
GOLDEN: Final = 0.6180339887498949
AHEAD_MAX: Final = 4
FELL: Final = (
    "before anything was written",
    "while pages were written",
    "between commit and position",
    "between position and answer",
    "after the answer",
)


@dataclass(slots=True)
class Tally:
    """How many kills fell where, of which kind of request, chosen in which way."""

    fell: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)

    @property
    def kills(self) -> int:
        """All of them."""
        return self.fell.total()


@dataclass(slots=True)
class _Length:
    """How much one kind of request is, uninterrupted."""

    operations: int = 1
    seconds: float = 0.001


class AppliersKilled:
    """Kills appliers in `folder`; every wrong outcome is an error that names seed and kill."""

    def __init__(self, folder: Path, recorder: Path, random: Random) -> None:
        self.tally = Tally()
        self._folder = folder
        self._recorder = recorder
        self._random = random
        self._rounds = 0

    def kill(self, count: int) -> None:
        """Do it until that many were killed. Errors: `ChaosError`."""
        while self.tally.kills < count:
            self._rounds += 1
            folder = self._folder / f"round {self._rounds}"
            folder.mkdir()
            page_size = self._random.choice(PAGE_SIZES)
            path = folder / "directory.db"
            with PageHistory(path, self._random, page_size=page_size) as history:
                while history.txid < STATES:
                    history.work()
                _Round(folder, self._recorder, self._random, history, self.tally).run(count)


class _Round:
    def __init__(
        self, folder: Path, recorder: Path, random: Random, history: PageHistory, tally: Tally
    ) -> None:
        self._folder = folder / "site"
        self._folder.mkdir()
        self._recorder = recorder
        self._random = random
        self._history = history
        self._states = history.states()
        self._tally = tally
        self._feed = ReplicaFeed(history, self._folder, random)
        self._lengths: dict[str, _Length] = {}
        self._spare: SpareApplier | None = None

    def run(self, count: int) -> None:
        """Until the history ends or enough were killed; then to its end, and there it must be."""
        try:
            self._measure()
            state = self._state()
            while self._tally.kills < count and state.position_txid < self._history.txid:
                state = self._kill_one(state)
            self._finish()
        finally:
            if self._spare is not None:
                self._spare.finish()

    def _measure(self) -> None:
        """Each kind once without a kill, to know how long it is. The first makes the replica."""
        for kind in ("snapshot", *KINDS):
            log = self._folder.with_name("record")
            log.unlink(missing_ok=True)
            applier = SpareApplier(
                self._folder, recording(self._recorder, root=self._folder, log=log)
            )
            applier.warm_up()
            before = len(log.read_bytes())
            feed = self._feed.next(kind, self._state().position_txid, AHEAD_MAX)
            began_s = time.perf_counter()
            applier.send(feed.body)
            answer = applier.answer()
            seconds = time.perf_counter() - began_s
            applier.kill()
            applier.reap()
            if answer is None or "error" in answer:
                raise ChaosError(f"Without a kill the applier answers {answer}.")
            self._must_be(self._state(), frozenset({feed.txid}), feed)
            operations = sum(1 for _ in read_record(log.read_bytes()[before:]))
            self._lengths[kind] = _Length(operations, seconds)

    def _kill_one(self, before: ReplicaState) -> ReplicaState:
        number = self._tally.kills
        kind = KINDS[(number // 2) % len(KINDS)]
        place = (number // (2 * len(KINDS)) * GOLDEN + 0.5) % 1.0
        feed = self._feed.next(kind, before.position_txid, self._random.randint(1, AHEAD_MAX))
        wal = self._wal()
        way = "by operation" if number % 2 else "by time"
        if number % 2:
            answered = self._killed_at_operation(feed, place)
        else:
            answered = self._killed_after(feed, place)
        state = self._state()
        self._must_be(state, frozenset({before.txid, max(before.txid, feed.txid)}), feed)
        moved = state.txid != before.txid
        if answered:
            fell = FELL[4]
        elif state.position_txid == feed.txid and before.position_txid != feed.txid:
            fell = FELL[3]
        elif moved:
            fell = FELL[2]
        else:
            fell = FELL[1] if self._wal() != wal else FELL[0]
        self._tally.fell[fell] += 1
        self._tally.kinds[feed.kind] += 1
        self._tally.ways[way] += 1
        return state

    def _killed_at_operation(self, feed: Feed, place: float) -> bool:
        operations = self._lengths[feed.kind].operations
        said = 1  # what it says while it warms up is its first
        log = self._folder.with_name("record of a kill")
        log.unlink(missing_ok=True)
        at = said + 1 + int(place * (operations + 1))
        applier = SpareApplier(
            self._folder, recording(self._recorder, root=self._folder, log=log, kill_at=at)
        )
        applier.warm_up()
        applier.send(feed.body)
        answer = applier.answer()
        applier.kill()
        applier.reap()
        recorded = read_record(log.read_bytes())
        return answer is not None or sum(one.did is Did.SAID for one in recorded) > said

    def _killed_after(self, feed: Feed, place: float) -> bool:
        applier, self._spare = self._spare or SpareApplier(self._folder, {}), None
        applier.warm_up()
        end_s = time.perf_counter() + place * BEYOND * self._lengths[feed.kind].seconds
        applier.send(feed.body)
        while time.perf_counter() < end_s:
            pass
        applier.kill()
        answered = applier.answer() is not None
        applier.reap()
        self._spare = SpareApplier(self._folder, {})
        return answered

    def _finish(self) -> None:
        """One more process, nothing left out, no kill."""
        applier = SpareApplier(self._folder, {})
        applier.warm_up()
        for kind in ("bridge", "deltas", "files"):
            feed = self._feed.next(kind, self._state().position_txid, AHEAD_MAX)
            applier.send(feed.body)
            applier.answer()
        feed = self._feed.next("bridge", self._state().position_txid, self._history.txid)
        applier.send(feed.body)
        applier.answer()
        applier.finish()
        self._must_be(self._state(), frozenset({self._history.txid}), feed)

    def _must_be(self, state: ReplicaState, allowed: frozenset[int], feed: Feed) -> None:
        if state.txid not in allowed:
            raise WrongRowsError(
                f"Kill {self._tally.kills + 1} ({feed.kind}): the replica equals the state"
                f" {state.txid} and should be one of {sorted(allowed)}."
            )
        if state.position_txid > state.txid:
            raise WrongRowsError(
                f"Kill {self._tally.kills + 1} ({feed.kind}): the position says"
                f" {state.position_txid}, the content is {state.txid}."
            )

    def _state(self) -> ReplicaState:
        return replica_state(self._folder, self._states)

    def _wal(self) -> bytes:
        path = self._folder / "replica.db-wal"
        return path.read_bytes() if path.exists() else b""
