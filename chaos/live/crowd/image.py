"""The directory's pages as all sites of one process share them: rebuilt and proved once.

A thousand sites on one machine cannot each keep a replica, and need not: what they would prove is
the same. Each site still takes every byte over its own connection, and a delta counts for it only
where it is, byte for byte, one that was proved here against all of its checksums.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from replication.ltx import read_ltx
from replication.page_delta import BadDeltaError, read_delta

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from replication.page_delta import Step

STATES_MAX: Final = 512
"""States kept, for sites that are behind; they share the pages that did not change."""
PROVED_MAX: Final = 2_048
MARK: Final = b"fan-out mark "
MARK_DIGITS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """The pages at one TXID."""

    pages: Mapping[int, bytes]
    commit: int


class SharedImage:
    """The states of one lineage. `marks` has the TXID with which each mark was first seen.

    A mark is what the measuring side writes into a row, so that a change can be told from others.
    """

    def __init__(self) -> None:
        self.lineage = ""
        self.txid = 0
        """The newest state; 0: there is none."""
        self.marks: dict[str, int] = {}
        self._states: OrderedDict[int, _State] = OrderedDict()
        self._proved: OrderedDict[bytes, Step] = OrderedDict()

    def take_files(self, lineage: str, base_txid: int, files: Iterable[bytes]) -> int:
        """Read whole LTX files that lead on from `base_txid`; the TXID reached.

        Errors: `LtxError`.
        """
        if lineage != self.lineage:
            self.lineage, self.txid = lineage, 0
            self._states.clear()
            self._proved.clear()
        base = self._states.get(base_txid)
        pages = dict(base.pages) if base is not None else {}
        txid, commit = base_txid, 0
        for data in files:
            file = read_ltx(data)
            pages.update(file.pages())
            txid, commit = file.header.max_txid, file.header.commit
        self._keep(txid, _State(pages=pages, commit=commit))
        return txid

    def prove(self, data: bytes) -> Step:
        """The step that this delta is, once all of its checksums hold. Errors: `BadDeltaError`."""
        known = self._proved.get(data)
        if known is not None:
            return known
        delta = read_delta(data)
        step = delta.step
        state = self._states.get(step.base_txid)
        if state is None:
            raise BadDeltaError
        made = delta.rebuild(
            lambda number: state.pages[number],
            base_txid=step.base_txid,
            base_commit=state.commit,
        )
        self._look_for_marks(step.txid, made)
        self._keep(step.txid, _State(pages={**state.pages, **made}, commit=step.commit))
        self._proved[data] = step
        if len(self._proved) > PROVED_MAX:
            self._proved.popitem(last=False)
        return step

    def _keep(self, txid: int, state: _State) -> None:
        self._states[txid] = state
        self.txid = max(self.txid, txid)
        if len(self._states) > STATES_MAX:
            self._states.popitem(last=False)

    def _look_for_marks(self, txid: int, pages: Mapping[int, bytes]) -> None:
        for image in pages.values():
            at = image.find(MARK)
            while at >= 0:
                begin = at + len(MARK)
                self.marks.setdefault(image[begin : begin + MARK_DIGITS].decode("ascii"), txid)
                at = image.find(MARK, begin)
