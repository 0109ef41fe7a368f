"""The real applier in a process that is started ahead, so that each kill costs no start.

A started applier has not opened the replica yet: the first request does that. So the next one may
wait, warm, while the one before it still works.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

from chaos.errors import ProcessError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ANSWER_TIMEOUT_S: Final = 30.0


class SpareApplier:
    """One applier process over `folder`: replica.db, replica.position, mirror."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        command = [sys.executable, "-m", "replication.adapters.applier"]
        for option, name in (
            ("--replica", "replica.db"),
            ("--position", "replica.position"),
            ("--mirror", "mirror"),
        ):
            command += [option, str(folder / name)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={**os.environ, **environ},
        )
        self._is_warm = False

    def warm_up(self) -> None:
        """Return once it answers; what it is asked here is refused and opens nothing."""
        if not self._is_warm:
            self.send({"op": "none"})
            if self.answer() is None:
                raise ProcessError("The applier ended before it was asked anything.")
            self._is_warm = True

    def send(self, body: Mapping[str, object]) -> None:
        """Ask, and do not wait."""
        if self._process.stdin is None:
            raise ProcessError
        self._process.stdin.write(json.dumps({**body, "id": 1}).encode() + b"\n")

    def answer(self) -> dict[str, Any] | None:
        """The next answer; None where it died before it gave one."""
        stdout = self._process.stdout
        if stdout is None:
            raise ProcessError
        ready, _, _ = select.select([stdout], [], [], ANSWER_TIMEOUT_S)
        if not ready:
            raise ProcessError("The applier does not answer.")
        line = stdout.readline()
        return json.loads(line) if line.endswith(b"\n") else None

    def kill(self) -> None:
        """SIGKILL, now."""
        self._process.send_signal(signal.SIGKILL)

    def finish(self) -> None:
        """End it cleanly and wait: an end of input is how its parent tells it."""
        for stream in (self._process.stdin,):
            if stream is not None and not stream.closed:
                stream.close()
        self.reap()

    def reap(self) -> None:
        """Wait for its end and let go of it."""
        self._process.wait(ANSWER_TIMEOUT_S)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
