"""The crowd as the measuring side has it: one process of many light sites, and what it answers."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from chaos.errors import ProcessError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

ANSWER_S: Final = 60
ANSWER_BYTES_MAX: Final = 64 * 1024 * 1024


class CrowdProcess:
    """Asks the process one thing at a time. See `chaos.live.crowd.__main__`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._number = 0

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    async def ask(self, command: str) -> dict[str, Any]:
        """The answer to one command. Errors: `ProcessError`."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise ProcessError
        self._number += 1
        stdin.write(f"{self._number} {command}\n".encode())
        async with asyncio.timeout(ANSWER_S):
            await stdin.drain()
            while line := await stdout.readline():
                said: dict[str, Any] = json.loads(line)
                # An earlier one is the answer to somebody who did not wait for it.
                if said["number"] == self._number:
                    answer: dict[str, Any] = said["answer"]
                    return answer
        raise ProcessError("The crowd ended by itself; what it said stands above.")


@asynccontextmanager
async def crowd_of(folder: Path, port: int) -> AsyncIterator[CrowdProcess]:
    """The sites whose certificates are in `folder`, none of them there yet; gone in the end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chaos.live.crowd", str(folder), str(port)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=ANSWER_BYTES_MAX,
    )
    try:
        yield CrowdProcess(process)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
