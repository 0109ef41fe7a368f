"""Python's cyclic garbage collector, set for a server.

Nearly nothing here dies in a cycle, but the collector looks at all the young whenever 700 more were
made than died; a batch of entries makes thousands that live for milliseconds. Measured while a
journal drains: an eighth of headquarters' time.
"""

from __future__ import annotations

import gc
from typing import Final

YOUNG_MAX: Final = 20_000
"""Objects, a few MB: several batches."""


def calm_collector() -> None:
    """Look at the young seldom, and at what is there already (the code) never again."""
    gc.freeze()
    gc.set_threshold(YOUNG_MAX, *gc.get_threshold()[1:])
