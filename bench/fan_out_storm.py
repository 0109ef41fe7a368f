"""The primary is killed and started again while all its sites are connected."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bench.figure import percentile
from bench.proc_figures import peak_bytes, used_by
from chaos.errors import NotReadyError
from chaos.live.waiting import until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.crowded_primary import CrowdedPrimary

PATIENCE_MS: Final = 240_000
ASK_EVERY_S: Final = 0.1
HTTP_OK: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """One of them. Times are from the moment when the new primary listens."""

    listening_s: float
    """From the kill to that moment."""
    connected_s: float
    at_head_s: float
    api_ms: Sequence[float]
    """Of every answer of the API meanwhile."""
    api_failures: int
    cpu_s: float
    """Of the primary and litestream, from their start until all were at the head."""
    peak_bytes: int
    all_back: bool
    fetched: int
    """Requests that had to be made for what was not pushed."""
    words: Sequence[tuple[str, int]]
    """What the sites said most often."""

    def line(self, sites: int) -> str:
        """For people."""
        said = "; ".join(f"{count} x {what}" for what, count in self.words)
        return (
            f"storm of {sites}: listening after {self.listening_s:.1f} s, then all connected "
            f"after {self.connected_s:.1f} s, at the head after {self.at_head_s:.1f} s; API p50 "
            f"{percentile(self.api_ms, 50):.0f} ms, worst {max(self.api_ms):.0f} ms, "
            f"{self.api_failures} failures; "
            f"CPU {self.cpu_s:.1f} s; peak {self.peak_bytes / 1e6:.0f} MB; "
            f"{self.fetched} requests for deltas; sites: {said or 'nothing'}"
        )


class _Asking:
    """Asks the API again and again, and keeps how long each answer took."""

    def __init__(self, crowded: CrowdedPrimary) -> None:
        self._crowded = crowded
        self.api_ms: list[float] = []
        self.failures = 0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            answer = await self._crowded.lab.primary.api.health()
            self.failures += answer.status != HTTP_OK
            self.api_ms.append(answer.latency_us / 1000)
            await asyncio.sleep(ASK_EVERY_S)


async def storm(crowded: CrowdedPrimary, sites: int) -> Storm:
    """Kill, start, and wait for all."""
    crowd, primary = crowded.crowd, crowded.lab.primary
    await crowd.ask("words")
    before = await crowd.ask("standing")
    began_s = time.perf_counter()
    await primary.server.crash()
    await primary.server.start()
    listening_s = time.perf_counter()
    all_back = True
    async with asyncio.TaskGroup() as group:
        asking = _Asking(crowded)
        task = group.create_task(asking.run())
        await crowded.update()
        try:
            connected_s = await _until_up(crowded, sites)
            await crowded.until_all_there(sites)
        except NotReadyError:
            connected_s, all_back = time.perf_counter(), False
        at_head_s = time.perf_counter()
        task.cancel()
    after = await crowd.ask("standing")
    return Storm(
        listening_s=listening_s - began_s,
        connected_s=connected_s - listening_s,
        at_head_s=at_head_s - listening_s,
        api_ms=asking.api_ms or [0.0],
        api_failures=asking.failures,
        cpu_s=used_by(crowded.pids).cpu_s,
        peak_bytes=peak_bytes(primary.server.child.pid),
        all_back=all_back,
        fetched=after["fetched"] - before["fetched"],
        words=_most(await crowd.ask("words")),
    )


async def _until_up(crowded: CrowdedPrimary, sites: int) -> float:
    async def up() -> bool:
        return bool((await crowded.crowd.ask("standing"))["up"] == sites)

    await until(up, f"{sites} sites to be connected", within_ms=PATIENCE_MS, every_ms=50)
    return time.perf_counter()


def _most(words: dict[str, Any]) -> Sequence[tuple[str, int]]:
    return sorted(words.items(), key=lambda item: -int(item[1]))[:5]
