"""Waiting for an event of another process by looking again and again, never by guessing a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from chaos.errors import NotReadyError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")


async def until(
    probe: Callable[[], Awaitable[T | None]],
    what: str,
    *,
    within_ms: int,
    every_ms: int = 50,
) -> T:
    """The first result of `probe` that is neither None nor False.

    `NotReadyError` names `what` where none comes in time; what `probe` raises goes through.
    """
    try:
        async with asyncio.timeout(within_ms / 1000):
            while True:
                found = await probe()
                if found is not None and found is not False:
                    return found
                await asyncio.sleep(every_ms / 1000)
    except TimeoutError as error:
        raise NotReadyError(f"Waited {within_ms / 1000:g} s in vain for: {what}.") from error
