"""Many light sites in one process: `python -m chaos.live.crowd FOLDER PORT`.

One command a line on standard input, each with a number before it; one line of JSON for each on
standard output. It ends with its input.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import threading
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

import uvloop

from chaos.live.crowd.image import SharedImage
from chaos.live.crowd.light_site import Follower, LightSite
from replication.adapters.link_client import LinkAddress
from replication.adapters.open_files import raise_open_files
from replication.adapters.system_clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HOST: Final = "127.0.0.1"
"""A number: a thousand sites that look up a name would be a thousand threads' work."""
APART_S: Final = 0.01
"""Between the first calls of two new sites: a storm is another thing than a beginning."""


class Words(logging.Handler):
    """Counts what the sites log, by its first words, in place of writing it down."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.counts: dict[str, int] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Count it."""
        said = record.getMessage()
        self.counts[said] = self.counts.get(said, 0) + 1


class Crowd:
    """The sites of this process, and what is asked of them."""

    def __init__(self, folder: Path, port: int, group: asyncio.TaskGroup, words: Words) -> None:
        self._folders = sorted(path for path in folder.iterdir() if path.is_dir())
        self._address = LinkAddress(host=HOST, port=port)
        self._group = group
        self._words = words
        self._image = SharedImage()
        self._turn = asyncio.Lock()
        self._sites: list[LightSite] = []
        self._tasks: list[asyncio.Task[None]] = []

    def obey(self, command: Sequence[str]) -> dict[str, Any]:
        """Do what the line asks; what is to be answered."""
        return _COMMANDS[command[0]](self, *map(int, command[1:]))

    def grow(self, count: int) -> dict[str, Any]:
        """Have so many sites."""
        clock = SystemClock()
        first = len(self._sites)
        for number in range(first, count):
            site = LightSite(
                self._folders[number],
                self._address,
                Follower(self._image, self._turn),
                clock,
                Random(number),
            )
            self._sites.append(site)
            delay_s = (number - first) * APART_S
            self._tasks.append(self._group.create_task(_begin(site, delay_s)))
        return {"sites": len(self._sites)}

    def end(self) -> None:
        """Be no site any more."""
        for task in self._tasks:
            task.cancel()

    def standing(self) -> dict[str, Any]:
        """How many are connected, and where the slowest stands."""
        followers = [site.follower for site in self._sites]
        return {
            "up": sum(each.is_up for each in followers),
            "slowest": min((each.done for each in followers), default=0),
            "fetched": sum(each.fetched for each in followers),
            "troubles": _counted([each.trouble for each in followers if each.trouble]),
            "waits": _counted(
                [s.client.asked_to_wait for s in self._sites if not s.follower.is_up]
            ),
            "lost_beats": max((site.watch.lost_beats for site in self._sites), default=0),
            "states": _counted([str(site.watch.state) for site in self._sites]),
        }

    def words(self) -> dict[str, Any]:
        """What was logged since the last time."""
        counts, self._words.counts = self._words.counts, {}
        return counts

    def reached(self) -> dict[str, Any]:
        """For each mark, when each site had it; then both are forgotten."""
        marks = sorted(self._image.marks.items(), key=lambda item: item[1])
        found: dict[str, list[float]] = {mark: [] for mark, _ in marks}
        for site in self._sites:
            steps, site.follower.reached_s = site.follower.reached_s, []
            at = 0
            for mark, txid in marks:
                while at < len(steps) and steps[at][0] < txid:
                    at += 1
                if at < len(steps):
                    found[mark].append(steps[at][1])
        self._image.marks.clear()
        return found


_COMMANDS: Final[dict[str, Callable[..., dict[str, Any]]]] = {
    "grow": Crowd.grow,
    "standing": Crowd.standing,
    "words": Crowd.words,
    "reached": Crowd.reached,
}


async def _begin(site: LightSite, delay_s: float) -> None:
    await asyncio.sleep(delay_s)
    await site.run()


def _counted(words: Sequence[str]) -> dict[str, int]:
    return {word: words.count(word) for word in sorted(set(words))}


async def _run(folder: Path, port: int, words: Words) -> None:
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str] = asyncio.Queue()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(lines.put_nowait, "")

    threading.Thread(target=read, name="commands", daemon=True).start()
    async with asyncio.TaskGroup() as group:
        crowd = Crowd(folder, port, group, words)
        while line := await lines.get():
            number, *command = line.split()
            answer = {"number": int(number), "answer": crowd.obey(command)}
            print(json.dumps(answer), flush=True)
        crowd.end()


def main() -> int:
    """Be the crowd until the input ends."""
    raise_open_files()
    words = Words()
    logging.basicConfig(handlers=[words], level=logging.WARNING)
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    uvloop.run(_run(folder, port, words))
    return 0


if __name__ == "__main__":
    sys.exit(main())
