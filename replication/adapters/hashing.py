"""Slow hashes in threads, a few at a time.

Argon2 lets go of Python's lock, so a thread keeps the event loop free. Each comparison needs 19 MiB
and a whole core; without a bound a hundred people at eight in the morning, or one attacker, would
take the memory and all cores of a branch server. Two at a time make 50 logins a second on a small
machine. Those who wait are bounded, too: 64 of them wait little more than a second.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

from replication import slow_hash
from replication.errors import HashingBusyError

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")

AT_ONCE: Final = 2
WAITING_MAX: Final = 64


class Hashing:
    """Makes and compares slow hashes beside the event loop."""

    def __init__(self, *, at_once: int = AT_ONCE, waiting_max: int = WAITING_MAX) -> None:
        self._turns = asyncio.Semaphore(at_once)
        self._room = at_once + waiting_max

    async def make(self, secret: str) -> str:
        """A new hash of the secret. Errors: `HashingBusyError`."""
        return await self._in_turn(slow_hash.make, secret)

    async def matches(self, hashed: str | None, secret: str) -> bool:
        """Whether the hash was made of this secret. Errors: `HashingBusyError`.

        None is nobody's hash: nothing matches it, and finding that out takes as long.
        """
        matched = await self._in_turn(slow_hash.matches, hashed or slow_hash.NOBODYS, secret)
        return matched and hashed is not None

    async def _in_turn(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._room == 0:
            raise HashingBusyError
        self._room -= 1
        try:
            async with self._turns:
                return await asyncio.to_thread(work, *args, **kwargs)
        finally:
            self._room += 1
