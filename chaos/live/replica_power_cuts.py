"""Power cuts of a site's replica: one recorded run of the applier gives thousands of disks.

The applier runs under the recorder and is fed a whole history, by every kind of LTX file and by
page deltas. What it answers is in the record, too, so at each moment it is known what had been
told.

Then the disk is cut after operations spread over the record, several times each. Every image must
be readable and equal to a state at or after the last one that was acknowledged, with a position not
beyond its content. On a part of the images a new applier goes on: first with whatever of its mirror
the cut left, then to the end of the history.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from chaos.errors import ChaosError
from chaos.live.page_history import PageHistory
from chaos.live.power_cut.disk import Disk, lay_out
from chaos.live.power_cut.record import Did, read_record
from chaos.live.power_cut.recorder import recording
from chaos.live.replica_feed import KINDS, LINEAGE, ReplicaFeed
from chaos.live.replica_state import WrongRowsError, replica_state
from chaos.live.spare_applier import SpareApplier
from replication.adapters.applier.apply import Applier
from replication.adapters.applier.replica_file import ReplicaFile
from replication.errors import ReplicationError
from replication.manifest import LEVEL_SNAPSHOT
from replication.position import Position

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from chaos.live.power_cut.disk import Image
    from chaos.live.power_cut.record import Operation
    from chaos.live.replica_state import ReplicaState

AHEAD_MAX: Final = 4


@dataclass(slots=True)
class CutTally:
    """What was seen."""

    images: int = 0
    went_on: int = 0
    operations: int = 0
    found: Counter[str] = field(default_factory=Counter)


class ReplicaPowerCuts:
    """Cuts the power of appliers in `folder`. Errors are wrong outcomes.

    `honours_syncs` False: the disk forgets what it was told to keep, which must be found out.
    """

    def __init__(
        self, folder: Path, recorder: Path, random: Random, *, honours_syncs: bool = True
    ) -> None:
        self._honours_syncs = honours_syncs
        self.tally = CutTally()
        self._folder = folder
        self._recorder = recorder
        self._random = random
        self._rounds = 0

    def cut(self, images: int, *, states: int, page_size: int = 1024, each: int = 3) -> None:
        """One run over `states` transactions, then that many images of it, `each` per place."""
        self._rounds += 1
        folder = self._folder / f"cuts {self._rounds}"
        folder.mkdir()
        path = folder / "directory.db"
        with PageHistory(path, self._random, page_size=page_size) as history:
            while history.txid < states:
                history.work()
            run = _Run(folder, history, self._random, self.tally)
            run.record(self._recorder)
            if not self._honours_syncs:
                run.forget_syncs()
            run.check(images, each)


class _Run:
    def __init__(self, folder: Path, history: PageHistory, random: Random, tally: CutTally) -> None:
        self._folder = folder
        self._site = folder / "site"
        self._site.mkdir()
        self._history = history
        self._states = history.states()
        self._random = random
        self._tally = tally
        self._operations: tuple[Operation, ...] = ()

    def record(self, recorder: Path) -> None:
        """Feed the whole history to a recorded applier."""
        log = self._folder / "record"
        feed = ReplicaFeed(self._history, self._site, self._random)
        applier = SpareApplier(self._site, recording(recorder, root=self._site, log=log))
        applier.warm_up()
        txid = 0
        while txid < self._history.txid:
            asked = feed.next(self._random.choice(KINDS), txid, self._random.randint(1, AHEAD_MAX))
            applier.send(asked.body)
            answer = applier.answer()
            if answer is None or answer.get("position") != str(_at(asked.txid)):
                raise ChaosError(f"Without a power cut the applier answers {answer}.")
            txid = asked.txid
        applier.finish()
        self._operations = tuple(read_record(log.read_bytes()))
        self._tally.operations += len(self._operations)

    def forget_syncs(self) -> None:
        """Keep the syncs of folders, so that files are there, and lose all others."""
        folders = {one.handle for one in self._operations if one.is_folder}
        self._operations = tuple(
            one for one in self._operations if one.did is not Did.SYNCED or one.handle in folders
        )

    def check(self, images: int, each: int) -> None:
        """Cut after operations spread evenly, `each` images at a place."""
        disk, acknowledged, seen = Disk(self._site), 0, 0
        places = max(1, images // each)
        for number, operation in enumerate(self._operations, start=1):
            disk.do(operation)
            acknowledged = max(acknowledged, _told(operation))
            while seen < number * places // len(self._operations):
                seen += 1
                for _ in range(each):
                    self._check_one(disk.cut(self._random), acknowledged, number)
        self._check_complete(disk)

    def _check_one(self, image: Image, acknowledged: int, number: int) -> None:
        folder = self._folder / "after the cut"
        folder.mkdir()
        try:
            lay_out(image, folder)
            state = replica_state(folder, self._states)
            self._must_be(state, acknowledged, f"a cut after operation {number}")
            self._tally.images += 1
            if self._tally.images % 3 == 0:
                self._go_on(folder, acknowledged, number)
        finally:
            shutil.rmtree(folder)

    def _must_be(self, state: ReplicaState, acknowledged: int, when: str) -> None:
        if not acknowledged <= state.position_txid <= state.txid:
            raise WrongRowsError(
                f"After {when} the position says {state.position_txid}; the content is"
                f" {state.txid} and {acknowledged} was acknowledged."
            )
        ahead = state.position_txid != state.txid
        self._tally.found["pages newer than their position" if ahead else "in step"] += 1

    def _go_on(self, folder: Path, acknowledged: int, number: int) -> None:
        """A new applier: first with what the cut left of the mirror, then with all of it."""
        when = f"a cut after operation {number}, gone on"
        self._must_be(self._applied(folder, when), acknowledged, when)
        feed = ReplicaFeed(self._history, folder, self._random)
        feed.put(LEVEL_SNAPSHOT, 1, self._history.txid)
        state = self._applied(folder, when)
        self._must_be(state, acknowledged, when)
        if self._history.txid != state.txid:
            raise WrongRowsError(f"After {when} the replica stays at {state}.")
        self._tally.went_on += 1

    def _applied(self, folder: Path, when: str) -> ReplicaState:
        try:
            with closing(ReplicaFile(folder / "replica.db")) as replica:
                applier = Applier(replica, folder / "replica.position", folder / "mirror")
                applier.apply(LINEAGE)
        except ReplicationError as error:
            raise WrongRowsError(f"After {when} the applier says: {error}") from error
        return replica_state(folder, self._states)

    def _check_complete(self, disk: Disk) -> None:
        """The record must account for every byte that the applier wrote."""
        for path, data in disk.settled().items():
            if (self._site / path).read_bytes() != data:
                raise ChaosError(f"The record of {path} is not what is on the disk.")
        for name in ("replica.db", "replica.position"):
            if name not in disk.settled():
                raise ChaosError(f"The record knows nothing of {name}.")


def _told(operation: Operation) -> int:
    """The TXID that an answer acknowledges."""
    if operation.did is not Did.SAID:
        return 0
    try:
        position = json.loads(operation.first).get("position")
    except ValueError:
        return 0
    return 0 if position is None else Position.parse(position).txid


def _at(txid: int) -> Position:
    return Position(lineage=LINEAGE, txid=txid)
