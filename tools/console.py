"""What an install step prints, and how it runs a long command without going silent."""

import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

TICK_S = 4
"""A running command reports at least this often."""

OUTPUT_LINES_MAX = 15
"""How much of a failed command's output is worth reading first."""


class StepError(Exception):
    """An install step cannot go on; `command` is what a person types to get past it."""

    def __init__(self, message: str, command: str = "") -> None:
        super().__init__(message)
        self.command = command

    def __str__(self) -> str:
        text = super().__str__()
        return f"{text}\n    {self.command}" if self.command else text


def say(text: str) -> None:
    """Print one line at once, also when the output is a file or a pipe."""
    print(text, flush=True)


def run(
    label: str,
    command: Sequence[str | Path],
    *,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
    limit_s: int = 1200,
) -> str:
    """Run a command that may take long and return its output.

    Prints `label` at the start and a line every few seconds. Raises `StepError` with the end of the
    output when the command fails, is missing, or is not done after `limit_s` seconds.
    """
    say(f"  {label}")
    with tempfile.TemporaryFile(mode="w+", errors="replace") as output:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environ,
                cwd=folder,
            )
        except FileNotFoundError as error:
            raise StepError(f"{command[0]} is not installed") from error
        with process:
            code = _wait(process, limit_s)
        output.seek(0)
        text = output.read()
    if code:
        tail = "\n".join(f"    | {line}" for line in text.splitlines()[-OUTPUT_LINES_MAX:])
        raise StepError(f"{label}: failed ({code})\n{tail}")
    return text


def _wait(process: subprocess.Popen[bytes], limit_s: int) -> int | str:
    started_s = time.monotonic()
    elapsed_s = 0.0
    while True:
        try:
            return process.wait(timeout=min(TICK_S, limit_s - elapsed_s))
        except subprocess.TimeoutExpired:
            elapsed_s = time.monotonic() - started_s
            if elapsed_s >= limit_s:
                process.kill()
                return f"not done after {limit_s} s"
            say(f"    ... {elapsed_s:.0f} s")
        except BaseException:
            process.kill()
            raise


def answer(command: Sequence[str | Path], *, limit_s: int = 10) -> str | None:
    """What a short command prints, or None when it is missing, fails, or takes too long."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=limit_s,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
