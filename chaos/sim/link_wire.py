"""Headquarters' end of a site's connection, and what was said over it when."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from chaos.sim.frames import frame, from_site
from replication.errors import BadMessageError
from replication.messages import Fence

if TYPE_CHECKING:
    from chaos.sim.handshake import Papers
    from chaos.sim.loop import VirtualLoop
    from chaos.sim.wan import End
    from replication.messages import AnyFromPrimary, AnyFromSite

SILENCE_S: Final = 30.0


class LinkWire:
    """One end of a connection as the session's wire."""

    def __init__(self, end: End, papers: Papers, loop: VirtualLoop) -> None:
        self._end = end
        self._loop = loop
        self.papers = papers
        self.began_s = loop.time()
        self.last_word_s = 0.0
        """When something else than a refusal was said to the site for the last time; 0: never."""

    async def receive(self) -> AnyFromSite | None:
        """The next message."""
        try:
            async with asyncio.timeout(SILENCE_S):
                data = await self._end.receive()
            return None if data is None else from_site(data)
        except (TimeoutError, BadMessageError):
            self.abort()
            return None

    async def send(self, message: AnyFromPrimary) -> bool:
        """Whether it went out."""
        went = self._end.send(frame(message))
        if went and not isinstance(message, Fence):
            self.last_word_s = self._loop.time()
        return went

    def speak(self, version: int) -> None:
        """Everybody here is of one version."""

    def abort(self) -> None:
        """End it at once."""
        self._end.close()

    def vanish(self) -> None:
        """Be gone without a word, as a machine without power."""
        self._end.vanish()
