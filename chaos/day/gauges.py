"""What every site says of itself, again and again: backlog of its journal, age of its replica."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from chaos.live.lab import Lab

EVERY_S: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One site at one moment of the run."""

    second: float
    backlog: int
    age_s: float


@dataclass(slots=True, kw_only=True)
class Gauges:
    """All looks, by site."""

    looks: defaultdict[str, list[Look]] = field(default_factory=lambda: defaultdict(list))

    async def run(self, lab: Lab, began_s: float) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due_s = loop.time() + EVERY_S
            for site in lab.sites.values():
                status = await site.admin.status()
                self.looks[site.name].append(
                    Look(
                        second=loop.time() - began_s,
                        backlog=int(status["journal_seq"]) - int(status["watermark_seq"]),
                        age_s=max(0, int(status["replica_age_ms"] or 0)) / 1000,
                    )
                )
            await asyncio.sleep(max(0.0, due_s - loop.time()))

    @property
    def highest_backlog(self) -> int:
        """Of any site, at any time."""
        return max((look.backlog for looks in self.looks.values() for look in looks), default=0)

    @property
    def oldest_s(self) -> float:
        """The age of the oldest replica that was seen."""
        return max((look.age_s for looks in self.looks.values() for look in looks), default=0.0)
