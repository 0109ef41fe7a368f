"""How large everything that may grow has become in a simulation, for the checker of promise 8.

Only what is larger than ever before goes into the history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from primary.service.publish import WAITING_BYTES_MAX
from replication.adapters.writer_thread import QUEUE_WORKS_MAX
from replication.exchange import PACKED_ENTRIES_MAX
from replication.messages import MESSAGE_BYTES_MAX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.history import HistoryFile
    from chaos.sim.headquarters import PrimaryRun
    from chaos.sim.site import SiteRun
    from replication.journal import Entry
    from site_server.store.jobs import Job

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

    def look(self, node: str, site: SiteRun) -> None:
        """At everything of a site that may grow."""
        services = site.services
        if services is None:
            return
        limits = services.ground.limits
        with site.store.read() as view:
            jobs, sessions = view.jobs.count_open(), view.sessions.count_open()
        self.see(node, "jobs", jobs, limits.jobs_max)
        self.see(node, "logins", sessions, limits.sessions_max)
        self.see(node, "uploads", services.submit_job.uploads, limits.uploads_max)
        self.see(node, "deliveries", services.dispatcher.under_way, limits.deliveries_max)
        self.see(node, "work for the site's disk", site.store.waiting, QUEUE_WORKS_MAX)

    def look_at_primary(self, node: str, primary: PrimaryRun) -> None:
        """At everything of headquarters that may grow."""
        self.see(node, "work for the directory", primary.directory.waiting, QUEUE_WORKS_MAX)
        self.see(
            node, "bytes of deltas on a link", primary.publisher.waiting_bytes, WAITING_BYTES_MAX
        )

    async def look_at_spool(self, node: str, site: SiteRun) -> None:
        """At the end, when nothing is under way: documents that belong to no job."""
        with site.store.read() as view:
            jobs: Sequence[Job] = view.jobs.listing(ended=False, limit=1_000_000)
        spooled = await site.spooled()
        known = {job.job_uuid for job in jobs}
        self.see(node, "documents without a job", len(spooled - known), 0)
