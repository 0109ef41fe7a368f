"""A wall clock that servers take for the real one, and that can be moved while they run.

libfaketime, preloaded, answers for the kernel and reads the offset from a file. Only the wall clock
is moved: the monotonic one is what time-outs and pauses run on, and months of those do not pass in
a test. What does not ask libc is not deceived: litestream (Go) stays in the present.

libfaketime mends waits on the monotonic clock that older C libraries got wrong. With the clock left
alone that mending makes each hand-over of Python's threads a hundred times slower (measured: 100 of
them take 13 s in place of 0.01), so it is switched off.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from chaos.errors import ChaosError

if TYPE_CHECKING:
    from collections.abc import Mapping

LIBRARIES: Final = Path("/usr/lib")
PATTERN: Final = "*/faketime/libfaketimeMT.so.1"
READ_EVERY_S: Final = 1
DAY_HOURS: Final = 24
HOUR_S: Final = 3_600


class FakeClock:
    """The clock of the servers that are started with its `environ`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "clock.offset"
        self._library = next(iter(sorted(LIBRARIES.glob(PATTERN))), None)
        if self._library is None:
            raise ChaosError(
                "libfaketime is missing. Run: apt-get install -y --no-install-recommends faketime"
            )
        if not self._path.exists():
            self.set_days(0)

    def set_days(self, days: int) -> None:
        """Let it be so many days beyond the present; servers notice within a second."""
        self.set_hours(days * DAY_HOURS)

    def set_hours(self, hours: int) -> None:
        """The same in hours."""
        self._path.write_text(f"{hours * HOUR_S:+d}\n", encoding="ascii")

    @property
    def environ(self) -> Mapping[str, str]:
        """What a process needs to take this for the time."""
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._path),
            "FAKETIME_CACHE_DURATION": str(READ_EVERY_S),
            "DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
            "NO_FAKE_STAT": "1",
        }
