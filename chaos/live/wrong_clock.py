"""A wall clock that is hours off, for one process and all that it starts: libfaketime.

Only the wall clock is moved. The steady clock stays true, as it does on a machine whose clock a
person or a bad time server set wrong (`fake_clock.py` says why it is not mended there).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from chaos.errors import ProcessError

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDERS: Final = ("/usr/lib", "/usr/local/lib")
LIBRARY: Final = "faketime/libfaketime.so.1"


def wrong_clock(hours: int) -> Mapping[str, str]:
    """What to add to a process' environment so that its clock is that far ahead.

    Errors: `ProcessError` where libfaketime is missing.
    """
    found = [path for folder in FOLDERS for path in Path(folder).glob(f"**/{LIBRARY}")]
    if not found:
        raise ProcessError(
            "libfaketime is missing. Run: apt-get install -y --no-install-recommends faketime"
        )
    return {
        "LD_PRELOAD": str(found[0]),
        "FAKETIME": f"{hours:+d}h",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",
    }
