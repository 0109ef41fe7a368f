"""Doubles of what the services of a site write to, for tests, chaos and bench."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from failure_modes.vocabulary import LinkState
from replication.registers import lacking
from replication.told import Told, told_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from replication.registers import CardClaim, Versions
    from replication.told import Question
    from site_server.ports import Replica


class MemoryClaims:
    """The register of card claims in memory; `error` is raised instead of a write."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], CardClaim] = {}
        self.error: Exception | None = None
        self.versions: Versions = {}
        self._grown = asyncio.Event()

    async def wait_beyond(self, versions: Versions) -> None:
        """Return once something is here that `versions` lacks."""
        while not lacking(self.versions, versions):
            await self._grown.wait()

    async def card_claims(self) -> tuple[CardClaim, ...]:
        """Every claim, oldest first."""
        return tuple(sorted(self.rows.values(), key=lambda claim: claim.claimed_wall_ms))

    async def put_card_claim(self, claim: CardClaim) -> None:
        """Make the register say this."""
        self._write(lambda: self.rows.update({(claim.card_hash, claim.site_name): claim}))

    async def settle_card_claims(self, verdicts: Sequence[CardClaim]) -> None:
        """Write state and reason of what is still there."""
        there = {
            (claim.card_hash, claim.site_name): claim
            for claim in verdicts
            if (claim.card_hash, claim.site_name) in self.rows
        }
        self._write(lambda: self.rows.update(there))

    async def drop_card_claim(self, card_hash: str, site_name: str) -> None:
        """Forget a claim."""
        self._write(lambda: self.rows.pop((card_hash, site_name), None))

    def _write(self, work: Callable[[], object]) -> None:
        if self.error is not None:
            raise self.error
        work()
        self.versions = {"0" * 32: self.versions.get("0" * 32, 0) + 1}
        self._grown.set()
        self._grown = asyncio.Event()


class NodeDouble:
    """An `Answering` node that tells what stands in a directory which the test fills.

    While `is_silent` nothing is heard of it; while `hangs` it never comes to an answer.
    """

    def __init__(self, directory: Replica, site_name: str) -> None:
        self.is_silent = False
        self.hangs = False
        self.link_state = LinkState.ONLINE
        self.asked: list[str | None] = []
        self._directory = directory
        self._site_name = site_name

    async def ask(self, question: Question) -> Told | None:
        """What the directory says about this question."""
        self.asked.append(question.user_name)
        if self.hangs:
            await asyncio.Event().wait()
        if self.is_silent:
            return None
        with self._directory.snapshot() as connection:
            rows = told_rows(connection, self._site_name, question.user_name)
        told = Told(rows=rows, link_state=self.link_state)
        return Told.model_validate_json(told.model_dump_json())
