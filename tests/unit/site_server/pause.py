"""The supervisor's pauses in the hand of a test."""

from __future__ import annotations

import asyncio


class TestPause:
    """Pauses of the supervisor: they pass when the test says so."""

    __test__ = False

    def __init__(self) -> None:
        self.asked_ms: list[int] = []
        self.go_on = asyncio.Event()

    async def __call__(self, ms: int) -> None:
        self.asked_ms.append(ms)
        await self.go_on.wait()
        await asyncio.sleep(0)
