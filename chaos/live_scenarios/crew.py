"""The people of one branch at their work: print, release, copy, and be refused, again and again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from chaos.errors import ChaosError
from chaos.history import Outcome
from chaos.live.panel import Copies
from chaos.live_scenarios.organisation import ADA, ALAN, GRACE
from chaos.pdf_writer import PageInk, write_document

if TYPE_CHECKING:
    from chaos.live.branch import Branch

PAUSE_MS: Final = 150
COPIES: Final = Copies(pages=2)
TOO_DEAR_PAGES: Final = 5


class Crew:
    """Everybody of one branch. `prefix` makes the names of their documents unique."""

    def __init__(self, branch: Branch, prefix: str) -> None:
        self._branch = branch
        self._prefix = prefix
        self._begun = 0
        self._over = False
        self._refused_job = ""
        self.visits = 0
        """Rounds that everybody came through."""
        self.troubles: list[str] = []
        """What ended a round early: only a fault of the branch itself may do that."""

    async def settle_in(self) -> None:
        """Alan sends what he cannot pay."""
        name = f"{self._prefix}-too-dear"
        document = write_document(name, (PageInk.MONO,) * TOO_DEAR_PAGES)
        sent = await self._branch.send(document, ALAN)
        if sent.outcome is not Outcome.OK:
            raise ChaosError(f"{self._branch.site.name} did not take {name}: {sent.reason}")
        self._refused_job = str((await self._branch.until_held(ALAN, document))["job_uuid"])

    async def work(self) -> None:
        """Go on until told to end; a server that does not answer is tried again."""
        while not self._over:
            try:
                await self.visit()
            except ChaosError as error:
                self.troubles.append(str(error))
            await asyncio.sleep(PAUSE_MS / 1000)

    async def visit(self) -> None:
        """Everybody once."""
        self._begun += 1
        name = f"{self._prefix}-{self._begun}"
        await self._branch.send(write_document(name, (PageInk.MONO,)), ADA)
        await self._branch.copy(GRACE, COPIES)
        if self._refused_job:
            await self._branch.release(ALAN, self._refused_job)
        await self._branch.release_held(ADA)
        self.visits += 1

    def end(self) -> None:
        """Come to an end after the present round."""
        self._over = True

    async def fetch_the_rest(self) -> bool:
        """Release what is still held; whether there was any."""
        return bool(await self._branch.release_held(ADA))
