"""`holdfast-site status --wait`: a bar that grows until the replica is at headquarters' head."""

from __future__ import annotations

import asyncio
import shutil
import sys
from typing import TYPE_CHECKING, Any, Final, TextIO

from site_server.admin_client import ask_site
from site_server.errors import NotRunningError
from site_server.progress_bar import Pace, line_of
from site_server.service.tell_bootstrap import STEP_PERCENT, percent

if TYPE_CHECKING:
    from pathlib import Path

LOOK_MS: Final = 200
STARTS_MS: Final = 10_000
"""How long a site may take until it answers: whoever waits often started it just now."""
COLUMNS_ELSEWHERE: Final = 120


class Screen:
    """Shows one line: over the one before on a terminal; elsewhere only what is news, below it."""

    def __init__(self, output: TextIO) -> None:
        self._output = output
        self._is_terminal = output.isatty()
        self._said = ""
        self._news: object = None

    @property
    def columns(self) -> int:
        """What fits. A terminal that is written to its last column may begin a new line."""
        if self._is_terminal:
            return shutil.get_terminal_size().columns - 1
        return COLUMNS_ELSEWHERE

    def show(self, line: str, news: object) -> None:
        """`news`: what has to change for a line to be worth one in a log."""
        if self._is_terminal and line != self._said:
            self._output.write(f"\r\x1b[K{line}")
        elif not self._is_terminal and news != self._news:
            self._output.write(f"{line}\n")
        self._output.flush()
        self._said, self._news = line, news

    def end(self) -> None:
        """Leave the last line standing."""
        if self._is_terminal and self._said:
            self._output.write("\n")
            self._output.flush()


def wait(data_dir: Path) -> None:
    """Show the bar until the replica is whole and newest. Errors: `NotRunningError`."""
    screen = Screen(sys.stdout)
    try:
        asyncio.run(_wait(data_dir, screen))
    finally:
        screen.end()


async def _wait(data_dir: Path, screen: Screen) -> None:
    loop = asyncio.get_running_loop()
    pace, silent_ms = Pace(), 0
    while True:
        try:
            status = await ask_site(data_dir, "/admin/v1/status")
        except NotRunningError:
            silent_ms += LOOK_MS
            if silent_ms >= STARTS_MS:
                raise
            screen.show("waiting for the site to start", "start")
        else:
            silent_ms = 0
            pace.note(status["fetched_bytes"], loop.time())
            screen.show(line_of(status, pace, screen.columns), news_of(status))
            if status["position"] > 0 and status["txids_behind"] == 0:
                return
        await asyncio.sleep(LOOK_MS / 1000)


def news_of(status: dict[str, Any]) -> object:
    """What is worth a line in a log: each tenth, and what is no number."""
    if status["position"] > 0:
        return status["txids_behind"] == 0
    if status["wanted_bytes"] == 0:
        return status["link_state"]
    return percent(status["fetched_bytes"], status["wanted_bytes"]) // STEP_PERCENT
