"""One end of the exchange of registers with one peer, over one connection. Both servers use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replication.adapters.registers_fan import RegistersFan
from replication.messages import Registers as RegistersMessage
from replication.messages import RegistersHave
from replication.registers import Batch, newest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from replication.registers import RegistersPort, Versions

    Send = Callable[[RegistersMessage | RegistersHave], Awaitable[bool]]


class RegistersPeer:
    """Says what is here, hears what the peer has, and sends what it lacks while the link stands.

    `send` returns False where the link has gone; the next connection starts with a new peer. `fan`
    is shared by all peers of a node; None: there is one.
    """

    def __init__(
        self, registers: RegistersPort, send: Send, fan: RegistersFan | None = None
    ) -> None:
        self._registers = registers
        self._send = send
        self._fan = fan or RegistersFan(registers)
        self._theirs: Versions = {}

    async def introduce(self) -> bool:
        """Tell the peer what is here, so that it sends the rest."""
        return await self._send(RegistersHave(versions=dict(self._registers.versions)))

    async def follow(self, have: RegistersHave) -> None:
        """Send what the peer lacks, now and later on, until the link has gone."""
        self._theirs = self._fan.shared(have.versions)
        with self._fan.following():
            while True:
                await self._registers.wait_beyond(self._theirs)
                while (piece := await self._fan.next(self._theirs)) is not None:
                    if not await self._send(piece.message):
                        return
                    if self._theirs is piece.theirs:
                        self._theirs = piece.after
                    else:  # it told of something meanwhile
                        self._has(piece.message.versions)

    async def take(self, message: RegistersMessage) -> None:
        """Merge what the peer sent. What came from it need not go back to it."""
        self._has(message.versions)
        await self._registers.merge(
            Batch(changes=tuple(message.changes), versions=message.versions)
        )
        self._theirs = self._fan.shared(self._theirs)

    def _has(self, versions: Versions) -> None:
        self._theirs = self._fan.shared(newest(self._theirs, versions))
