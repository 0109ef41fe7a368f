"""litestream's own files of level 0, beside the directory: only the newest of them are of use.

Theory of operation
-------------------
litestream writes each step twice: into a folder of its own, then from there into the store. It
deletes both copies by the age that is configured for the store, a day. But it lists its own folder
twice for each sync, to see where it is, and that is what a sync then costs: with 10,000 files 28 ms
and more instead of 3 (measured on a busy machine; a heartbeat every five seconds makes 17,000 a
day). So the copies go as soon as the store has them.

What litestream needs of them is the newest, which is its position. Compaction prefers the files
here and takes those of the store where one is gone, which costs nothing where the store is a
folder, and a request each where it is not: there they stay until the first compaction is over. A
file that the store has not got yet is never touched.

Rejected: a shorter retention. It is the store's, too, and from there sites catch up.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from replication.adapters.ltx_folder import scan_ltx

if TYPE_CHECKING:
    from pathlib import Path

KEPT_TXIDS: Final = 32
"""The newest, which stay in any case."""
TIDY_TXIDS: Final = 64
"""So many new ones before it is looked again."""
REMOTE_KEPT_MS: Final = 90_000
"""Where the store is no folder: three times litestream's first compaction."""


class LocalFiles:
    """The files that litestream keeps of the database `directory_path`."""

    def __init__(self, directory_path: Path, *, kept_ms: int) -> None:
        """`kept_ms`: after the store has it a file stays so long."""
        self._folder = directory_path.with_name(f".{directory_path.name}-litestream")
        self._kept_ms = kept_ms
        self._stored: deque[tuple[float, int]] = deque()
        self._looked_txid = 0

    def useless_to(self, stored_txid: int, now_s: float) -> int:
        """Up to which TXID files may go, now that the store has `stored_txid`; 0: it is not time.

        `now_s` is of a clock that is never set.
        """
        if stored_txid < self._looked_txid:
            self._stored.clear()
            self._looked_txid = 0
        if stored_txid < self._looked_txid + TIDY_TXIDS:
            return 0
        self._looked_txid = stored_txid
        self._stored.append((now_s, stored_txid))
        useless_txid = 0
        while self._stored and self._stored[0][0] <= now_s - self._kept_ms / 1000:
            useless_txid = self._stored.popleft()[1] - KEPT_TXIDS
        return useless_txid

    def delete_to(self, txid: int) -> None:
        """Delete what ends there or before. Errors: `OSError`; what is left goes the next time."""
        for name, _ in scan_ltx(self._folder):
            if name.level == 0 and name.max_txid <= txid:
                (self._folder / str(name)).unlink(missing_ok=True)
