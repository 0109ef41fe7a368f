"""Applying: from the files of the mirror to a newer replica.

Theory of operation
-------------------
List the files, plan the cheapest chain from the position to the newest TXID, verify every file of
the chain, merge (the newest image of each page wins), write the union in one transaction, store the
position. After a crash between the last two steps the stamp in the pages says where they are. A
file that does not verify is named in the answer, left out, and the plan is made again: perhaps
another file covers the same transactions. Where nothing does, what lies before the hole is applied.

What this site's version cannot read is not applied (`readable`): the chain ends before it, and is
planned anew from what is left, perhaps of smaller files that lead closer to it.

A long chain is applied in slices. A slice is a prefix of the chain, so the replica stands at a true
state of the directory after each of them, and the open files and the transaction stay bounded.

Another lineage starts from nothing: its chain begins with a complete file, every page is written,
and the file shrinks to the new size, in the same one transaction. Readers go from the old directory
to the new one in one step.
"""

from __future__ import annotations

import logging
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from replication.adapters.applier.delta_log import keep
from replication.adapters.applier.position_file import read_position, store_position
from replication.adapters.applier.readable import Readable
from replication.adapters.applier.replica_file import Change, holes
from replication.adapters.ltx_folder import ltx_path, scan_ltx
from replication.delta_chain import split
from replication.ltx import LtxError, LtxFile, read_ltx
from replication.manifest import LtxName
from replication.page_delta import read_delta
from replication.plan import GapError, cost, plan
from replication.position import NOWHERE, TXID_MAX, BadPositionError, Position
from replication.reader import READER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from replication.adapters.applier.replica_file import ReplicaFile
    from replication.adapters.applier.stamp import Stamp

log = logging.getLogger(__name__)

SLICE_FILES: Final = 256
"""Files open at once, far below the usual limit of 1,024 descriptors."""
DIRECT_FILES_MAX: Final = 64
"""Transactions looked for by name before the folder is listed instead."""
VANISHED_MAX: Final = 3
"""The mirror may delete a file between the list and the opening; then the list is made again."""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What one request came to."""

    applied: int = 0
    """Files."""
    pages: int = 0
    refused: list[str] = field(default_factory=list)
    """Names of damaged files: delete them and fetch them again."""
    gap: str | None = None
    """What is missing before the newest TXID can be reached."""
    needs_reader: int | None = None
    """What lies beyond needs this version of the schema, which is newer than what is read here."""
    beyond_txid: int = TXID_MAX
    """The first TXID known to be so."""


class Applier:
    """Brings one replica up to date from one mirror."""

    def __init__(
        self, replica: ReplicaFile, position_path: Path, mirror: Path, reader: int = READER
    ) -> None:
        """`reader`: the newest version of the directory's schema that the site can read."""
        self._replica = replica
        self._readable = Readable(replica, reader)
        self._position_path = position_path
        self._mirror = mirror
        self.position = self._stored_position()

    def apply(self, lineage: str, head_txid: int | None = None) -> Outcome:
        """Apply whatever `lineage` has beyond the position. `head_txid`, if known, saves listing.

        Errors: `PageSizeError`, `StorageFullError`, `ReplicaDamagedError`, `OSError`.
        """
        outcome = Outcome()
        vanished = 0
        while chain := self._chain(lineage, head_txid, outcome):
            try:
                self._apply_slice(lineage, chain[:SLICE_FILES], outcome)
            except LtxError as error:
                log.warning("refused: %s", error)
                outcome.refused.append(error.path)
            except FileNotFoundError:
                vanished += 1
                if vanished > VANISHED_MAX:
                    raise
        return outcome

    def apply_deltas(self, lineage: str, chain: bytes) -> Outcome:
        """Apply page deltas (`delta_chain.joined`) once their pages are proved, in one transaction.

        The mirror then has them as one LTX file. Deltas that the replica has already are passed
        over. Errors: as `apply`, and `BadDeltaError`: nothing was written then.
        """
        outcome = Outcome()
        begin_txid = self._start_txid(lineage) or 0
        deltas = [read_delta(data) for data in split(chain)]
        new = [delta for delta in deltas if delta.step.txid > begin_txid]
        chained, outcome.needs_reader = self._readable.deltas(lineage, new, begin_txid)
        if chained.leads_on:
            outcome.applied = 1
            position = Position(lineage=lineage, txid=chained.name.max_txid)
            self._replica.write(chained.as_change(position))
            keep(ltx_path(self._mirror / lineage, chained.name), chained.as_ltx())
            self._stand_at(position)
            outcome.pages = len(chained.pages)
        return outcome

    def _stored_position(self) -> Position | None:
        """The position, if there is a replica to which it belongs."""
        try:
            position = read_position(self._position_path)
        except BadPositionError as error:
            self._start_anew(f"its position is damaged: {error}")
            return None
        if position is not None and self._replica.page_count == 0:
            self._start_anew("its file is gone")
            return None
        if position is None or position == NOWHERE:
            return position
        stamp = self._replica.stamp
        return position if stamp is None else self._as_stamped(position, stamp)

    def _as_stamped(self, position: Position, stamp: Stamp) -> Position | None:
        """After a crash between pages and position the pages say where the replica is."""
        if not stamp.is_of(position):
            self._start_anew("another lineage was just taking its place")
            return None
        if stamp.txid == position.txid:
            return position
        position = Position(lineage=position.lineage, txid=stamp.txid)
        store_position(self._position_path, position)
        return position

    def _start_anew(self, why: str) -> None:
        """Forget the position: readers take it as the sign that there is something to read."""
        log.warning("the replica is made anew, %s", why)
        self._position_path.unlink()

    def _chain(self, lineage: str, head_txid: int | None, outcome: Outcome) -> Sequence[LtxName]:
        root = self._mirror / lineage
        start_txid = self._start_txid(lineage)
        if not outcome.refused and outcome.needs_reader is None:
            direct = _direct_chain(root, start_txid, head_txid)
            if direct is not None:
                return direct
        cost_of = {
            name: cost(status.st_size)
            for name, status in scan_ltx(root)
            if str(name) not in outcome.refused and name.max_txid < outcome.beyond_txid
        }
        try:
            outcome.gap = None
            return plan(start_txid, cost_of)
        except GapError as gap:
            outcome.gap = str(gap) if outcome.needs_reader is None else None
            reached_txid = gap.reached_txid
        if reached_txid <= (start_txid or 0):
            return ()
        return plan(
            start_txid, {name: c for name, c in cost_of.items() if name.max_txid <= reached_txid}
        )

    def _start_txid(self, lineage: str) -> int | None:
        position = self.position
        return position.txid if position is not None and position.lineage == lineage else None

    def _apply_slice(self, lineage: str, names: Sequence[LtxName], outcome: Outcome) -> None:
        with ExitStack() as stack:
            files = []
            for name in names:
                source = stack.enter_context(ltx_path(self._mirror / lineage, name).open("rb"))
                files.append(_verified(read_ltx(source, str(name)), name))
            size_before = self._replica.page_count if self._start_txid(lineage) else 0
            count, asked = self._readable.files(lineage, files, size_before=size_before)
            if asked is not None:
                outcome.needs_reader, outcome.beyond_txid = asked, names[count].max_txid
                files, names = files[:count], names[:count]
            if not files:
                return
            position = Position(lineage=lineage, txid=names[-1].max_txid)
            pages = self._write(files, position, size_before=size_before)
        self._stand_at(position)
        outcome.applied += len(names)
        outcome.pages += pages

    def _stand_at(self, position: Position) -> None:
        store_position(self._position_path, position)
        self.position = position

    def _write(self, files: Sequence[LtxFile], position: Position, *, size_before: int) -> int:
        newest: dict[int, LtxFile] = {}
        for file in files:
            newest.update(dict.fromkeys(file.page_numbers, file))
        header = files[-1].header
        _one_page_size(files)
        unwritten = holes(newest, size_before, header.commit, header.page_size)
        numbers = sorted(number for number in newest if number <= header.commit)
        self._replica.write(
            Change(
                page_size=header.page_size,
                commit=header.commit,
                pages=_images(newest, numbers, unwritten, header.page_size),
                first_page=newest[1].page(1) if 1 in newest else None,
                position=position,
            )
        )
        return len(numbers)


def _direct_chain(
    root: Path, start_txid: int | None, head_txid: int | None
) -> Sequence[LtxName] | None:
    """The files of level 0 from the position to the head, found by name; None if that fails."""
    if start_txid is None or head_txid is None or head_txid - start_txid > DIRECT_FILES_MAX:
        return None
    names = [
        LtxName(level=0, min_txid=txid, max_txid=txid)
        for txid in range(start_txid + 1, head_txid + 1)
    ]
    return names if all(ltx_path(root, name).exists() for name in names) else None


def _verified(file: LtxFile, name: LtxName) -> LtxFile:
    header = file.header
    if (header.min_txid, header.max_txid) != (name.min_txid, name.max_txid):
        raise LtxError(
            path=str(name),
            what=f"it holds the transactions {header.min_txid} to {header.max_txid}",
            hint="It lies under a wrong name: delete it and fetch it again.",
        )
    return file


def _one_page_size(files: Sequence[LtxFile]) -> None:
    for file in files:
        if file.header.page_size != files[0].header.page_size:
            raise LtxError(
                path=file.path,
                what="its page size is not that of the file before it",
                hint="The database was made anew: the primary must start a new lineage.",
            )


def _images(
    newest: dict[int, LtxFile], numbers: list[int], unwritten: list[int], page_size: int
) -> Iterator[tuple[int, bytes]]:
    """Each page but the first with its image."""
    for number in unwritten:
        yield number, bytes(page_size)
    for number in numbers:
        if number > 1:
            yield number, newest[number].page(number)
