"""A call that runs in a process of the simulation, and dies with it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from chaos.sim.loop import VirtualLoop
    from chaos.sim.machine import Machine


async def finished(loop: VirtualLoop, machine: Machine, call: Coroutine[Any, Any, object]) -> bool:
    """Whether `call` came to its end on that machine before the process died; raises its error."""
    task = loop.start(machine.life, call, "a call")
    gone = loop.create_task(machine.gone.wait())
    await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
    gone.cancel()
    if task.done():
        task.result()
    return task.done()
