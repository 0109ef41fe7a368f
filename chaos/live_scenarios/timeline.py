"""What a run looked like while it ran: samples of every site, and marks of what was done to it.

A sampler asks every site how it stands four times a second. A site that does not answer at once
(it is stopped, or killed) is a sample too: silence.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NoReturn

from chaos.errors import ChaosError
from replication.adapters.system_clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos.live.nodes import SiteNode

EVERY_MS: Final = 250
ANSWER_MS: Final = 1_000
SILENT: Final = "silent"
"""The link state of a site that did not say any."""
_CLOCK: Final = SystemClock()


class MarkKind(StrEnum):
    """What a mark stands for."""

    SAID = "said"
    BEGAN = "began"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A line of the story. An empty `site` is all of them; a fault's end has its name again."""

    at_ms: int
    kind: MarkKind
    text: str
    site: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A site at one moment; the times are milliseconds since the story began."""

    at_ms: int
    site: str
    link: str
    unsent: int = 0
    """Entries of the journal that headquarters has not acknowledged."""
    unmerged: int = 0
    """Entries that have not come back in the replica."""
    lineage: str = ""
    txid: int = 0
    txids_behind: int = 0
    replica_age_ms: int | None = None
    held_jobs: int = 0


class Timeline:
    """The samples and marks of one story. Its time begins now."""

    def __init__(self) -> None:
        self.began_ms = _CLOCK.monotonic_ms()
        self.samples: list[Sample] = []
        self.marks: list[Mark] = []

    @property
    def now_ms(self) -> int:
        """Milliseconds since the story began."""
        return _CLOCK.monotonic_ms() - self.began_ms

    def mark(self, kind: MarkKind, text: str, site: str = "") -> None:
        """Write down what was said or done just now."""
        self.marks.append(Mark(at_ms=self.now_ms, kind=kind, text=text, site=site))

    async def watch(self, sites: Mapping[str, SiteNode]) -> NoReturn:
        """Sample every site of `sites`, also those that come later, until cancelled."""
        while True:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.sample_all(sites))
                group.create_task(asyncio.sleep(EVERY_MS / 1000))

    async def sample_all(self, sites: Mapping[str, SiteNode]) -> None:
        """Sample each of them once."""
        async with asyncio.TaskGroup() as asking:
            for site in list(sites.values()):
                asking.create_task(self._sample(site))

    async def _sample(self, site: SiteNode) -> None:
        at_ms = self.now_ms
        if not site.server.ports:
            return  # it has joined and was never started
        try:
            async with asyncio.timeout(ANSWER_MS / 1000):
                status = await site.admin.status()
        except (ChaosError, TimeoutError):
            self.samples.append(Sample(at_ms=at_ms, site=site.name, link=SILENT))
            return
        age_ms = status["replica_age_ms"]
        # After a restart a site knows only what its replica says, until headquarters answers.
        acknowledged = max(int(status["acked_seq"]), int(status["watermark_seq"]))
        self.samples.append(
            Sample(
                at_ms=at_ms,
                site=site.name,
                link=str(status["link_state"]),
                unsent=int(status["journal_seq"]) - acknowledged,
                unmerged=int(status["journal_seq"]) - int(status["watermark_seq"]),
                lineage=str(status["lineage"]),
                txid=int(status["position"]),
                txids_behind=int(status["txids_behind"]),
                replica_age_ms=None if age_ms is None else int(age_ms),
                held_jobs=int(status["held_jobs"]),
            )
        )
