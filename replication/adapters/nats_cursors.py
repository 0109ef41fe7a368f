"""Where in a NATS object a transfer was: messages are counted, and the bytes before them summed up.

Nobody can be asked at which message a byte lies, so what was passed is remembered, and in a file,
for the restart of this server. The file is a hint: it is not synced, and where it is missing or
from another day a transfer reads from the beginning past what is here. Where it is wrong the
SHA-256 of the whole finds out. What is here may end a little before what was passed (it is
collected in memory before it is written), so the last few places are kept, not one.
"""

from __future__ import annotations

import json
from collections import deque
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

KEPT: Final = 32
"""With batches of 256 KiB: eight times what is collected before it is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The next message of an object, and what comes before it."""

    number: str
    sequence: int = 1
    offset_bytes: int = 0


class Cursors:
    """The last places in one object, remembered in `path`; None: while this process lives."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._cursors = deque(_read(path), maxlen=KEPT)

    def before(self, number: str, offset_bytes: int) -> Cursor:
        """Where to begin to read on from that byte of that object."""
        known = (one for one in self._cursors if one.number == number)
        fitting = (one for one in known if one.offset_bytes <= offset_bytes)
        return max(fitting, key=lambda one: one.offset_bytes, default=Cursor(number=number))

    def passed(self, cursor: Cursor) -> None:
        """Everything before it was handed over. Blocks for a small write."""
        if self._cursors and self._cursors[-1].number != cursor.number:
            self._cursors.clear()
        self._cursors.append(cursor)
        if self._path is not None:
            beside = self._path.with_name(f"{self._path.name}.new")
            with suppress(OSError):  # a full disk: then there is no hint
                beside.write_text(json.dumps([asdict(one) for one in self._cursors]), "ascii")
                beside.replace(self._path)


def _read(path: Path | None) -> list[Cursor]:
    if path is None:
        return []
    try:
        rows = json.loads(path.read_text("ascii"))
        return [
            Cursor(
                number=str(row["number"]),
                sequence=int(row["sequence"]),
                offset_bytes=int(row["offset_bytes"]),
            )
            for row in rows
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return []
