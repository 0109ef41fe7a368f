"""How large everything that may grow has become in a simulation, for the checker of promise 8.

Only what is larger than ever before goes into the history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from replication.exchange import PACKED_ENTRIES_MAX
from replication.messages import MESSAGE_BYTES_MAX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.history import HistoryFile
    from replication.journal import Entry

CALLS_MAX: Final = 300
"""Connections of one site in a minute: a pause of 100 ms or more before each, and its time."""
MINUTE_S: Final = 60.0


class Gauges:
    """The largest values that were seen, of each thing at each node."""

    def __init__(self, history: HistoryFile) -> None:
        self._history = history
        self._largest: dict[tuple[str, str], int] = {}
        self._calls_s: dict[str, list[float]] = {}

    def see(self, node: str, what: str, value: int, bound: int) -> None:
        """It is this large now, and may be that large."""
        if value > self._largest.get((node, what), -1):
            self._largest[node, what] = value
            self._history.gauge(node, what, value, bound)

    def batch(self, node: str, entries: Sequence[Entry]) -> None:
        """So many entries arrived from that site at once."""
        self.see(node, "entries in a batch", len(entries), PACKED_ENTRIES_MAX)

    def message(self, node: str, data: bytes) -> None:
        """A message of the link of that site."""
        self.see(node, "bytes of a message", len(data), MESSAGE_BYTES_MAX)

    def call(self, node: str, now_s: float) -> None:
        """That site called headquarters."""
        calls_s = [at_s for at_s in self._calls_s.get(node, []) if at_s > now_s - MINUTE_S]
        self._calls_s[node] = [*calls_s, now_s]
        self.see(node, "calls in a minute", len(calls_s) + 1, CALLS_MAX)
