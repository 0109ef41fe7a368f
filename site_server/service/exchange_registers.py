"""The registers on their way to and from headquarters, while the link is up."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, NoReturn

from replication.adapters.registers_peer import RegistersPeer
from replication.errors import ReplicationError
from replication.messages import Registers, RegistersHave

if TYPE_CHECKING:
    from replication.link import Link
    from replication.messages import AnyFromPrimary, Welcome
    from replication.registers import RegistersPort

log: Final = logging.getLogger(__name__)

RETRY_MS: Final = 30_000
"""After the registers could not be read or written (a full disk)."""


class ExchangeRegisters:
    """Keeps the registers equal to headquarters' while `run` runs. A `LinkListener`."""

    def __init__(self, *, registers: RegistersPort, link: Link, retry_ms: int = RETRY_MS) -> None:
        self._registers = registers
        self._link = link
        self._retry_ms = retry_ms
        self._peer: RegistersPeer | None = None
        self._have: RegistersHave | None = None
        self._moved = asyncio.Event()
        self._failed = False

    async def up(self, welcome: Welcome) -> None:  # noqa: ARG002 - registers know no lineage
        """Tell headquarters what is here."""
        self._peer = RegistersPeer(self._registers, self._link.send)
        await self._peer.introduce()

    async def heard(self, message: AnyFromPrimary) -> None:
        """Take over what headquarters has, or begin to send what it lacks."""
        if self._peer is None:
            return
        if isinstance(message, Registers) and not self._failed:
            await self._take(self._peer, message)
        elif isinstance(message, RegistersHave):
            self._begin(message)

    def down(self) -> None:
        """The next connection starts anew."""
        self._peer = None
        self._failed = False
        self._begin(None)

    async def run(self) -> NoReturn:
        """Send what headquarters lacks, until cancelled."""
        while True:
            moved, peer, have = self._moved, self._peer, self._have
            async with asyncio.TaskGroup() as group:
                sending = group.create_task(self._send(peer, have))
                await moved.wait()
                sending.cancel()

    async def _take(self, peer: RegistersPeer, message: Registers) -> None:
        try:
            await peer.take(message)
        except ReplicationError as error:
            log.warning("the registers are not kept up to date: %s", error)
            self._fail()

    async def _send(self, peer: RegistersPeer | None, have: RegistersHave | None) -> None:
        if peer is None:
            return
        if self._failed:
            await asyncio.sleep(self._retry_ms / 1000)
            self._failed = False
            await peer.introduce()
        if have is None:
            return
        try:
            await peer.follow(have)
        except ReplicationError as error:
            log.warning("the registers are not sent: %s", error)
            self._fail()

    def _fail(self) -> None:
        """What follows would leave a hole: after a while both ends begin anew."""
        self._failed = True
        self._begin(self._have)

    def _begin(self, have: RegistersHave | None) -> None:
        self._have = have
        self._moved.set()
        self._moved = asyncio.Event()
