"""Python itself, set for a server: its cyclic garbage collector, and its one lock.

**The collector.** Nearly nothing here dies in a cycle, but the collector looks at all the young
whenever 700 more were made than died; a batch of entries makes thousands that live for
milliseconds. Measured while a journal drains: an eighth of headquarters' time.

**The lock.** A thread that comes back from SQLite asks for it, and one that computes gives it up
only after the switch interval, 5 ms. A writer comes back some thirty times for a batch of a
thousand entries, so beside a busy event loop it waited far longer than it wrote. With 0.3 ms it
does not; with less, the turns themselves cost more than the waiting.
"""

from __future__ import annotations

import gc
import sys
from typing import Final

YOUNG_MAX: Final = 20_000
"""Objects, a few MB: several batches."""
SWITCH_S: Final = 0.000_3
"""Four sites' journals taken in at once, beside other work: 37,000 entries/s; with 5 ms 29,000,
with 0.02 ms 32,000."""


def set_interpreter() -> None:
    """Look at the young seldom, at what is there already (the code) never again; short turns."""
    gc.freeze()
    gc.set_threshold(YOUNG_MAX, *gc.get_threshold()[1:])
    sys.setswitchinterval(SWITCH_S)
