"""What a site gives its applier: LTX files in its mirror, and page deltas, of a page history."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from replication.adapters.ltx_folder import ltx_path, scan_ltx
from replication.delta_chain import joined
from replication.manifest import LEVEL_SNAPSHOT, LtxName

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from random import Random

    from chaos.live.page_history import PageHistory

LINEAGE: Final = "0123456789abcdef" * 2
KINDS: Final = ("file", "files", "bridge", "snapshot", "deltas")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One request to an applier, and the TXID that it leads to."""

    kind: str
    txid: int
    head_txid: int | None = None
    """What the site knows to be newest, for a request to apply files; None: look."""
    chain: bytes = b""
    """Page deltas, joined."""

    @property
    def body(self) -> Mapping[str, object]:
        """The request as the applier's process reads it."""
        if self.kind == "deltas":
            chain = b64encode(self.chain).decode()
            return {"op": "deltas", "lineage": LINEAGE, "chain": chain}
        head = {} if self.head_txid is None else {"head": self.head_txid}
        return {"op": "apply", "lineage": LINEAGE, **head}


class ReplicaFeed:
    """Puts files of `history` into the mirror of `folder`, and says what to ask the applier."""

    def __init__(self, history: PageHistory, folder: Path, random: Random) -> None:
        self._history = history
        self._root = folder / "mirror" / LINEAGE
        self._random = random

    def next(self, kind: str, position_txid: int, ahead: int) -> Feed:
        """What brings a replica on by `ahead` transactions at most, in the way `kind`.

        Where the mirror has something newer than the replica, the applier takes that, too.
        """
        kind = kind if 0 < position_txid < self._history.txid else "snapshot"
        txid = min(position_txid + (1 if kind == "file" else ahead), self._history.txid)
        if kind == "deltas":
            return self._deltas(position_txid, txid)
        if kind in {"file", "files"}:
            for one in range(position_txid + 1, txid + 1):
                self.put(0, one, one)
        elif kind == "bridge":
            low = self._random.randint(max(2, position_txid - 2), position_txid + 1)
            self.put(self._random.randint(1, 3), low, txid)
        else:
            self.put(LEVEL_SNAPSHOT, 1, txid)
        if kind == "file":
            return Feed(kind=kind, txid=txid, head_txid=txid)
        return Feed(kind=kind, txid=self._mirror_txid())

    def put(self, level: int, low: int, high: int) -> None:
        """Have that file in the mirror."""
        path = ltx_path(self._root, LtxName(level=level, min_txid=low, max_txid=high))
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self._history.ltx(low, high))

    def _mirror_txid(self) -> int:
        """The newest that the mirror has; what the applier kept of page deltas counts."""
        return max((name.max_txid for name, _ in scan_ltx(self._root)), default=0)

    def _deltas(self, position_txid: int, txid: int) -> Feed:
        edges = [position_txid, txid]
        if txid - position_txid > 1:
            edges.insert(1, self._random.randint(position_txid + 1, txid - 1))
        deltas = [self._history.delta(base, end) for base, end in pairwise(edges)]
        return Feed(kind="deltas", txid=txid, chain=joined(deltas))
