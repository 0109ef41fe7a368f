"""How much of the directory's schema this code can read, by a number that grows."""

from __future__ import annotations

from typing import Final

READER: Final = 1
"""What this code writes and reads. A site freezes its replica where the heartbeat row asks for more
(`min_reader`). It stands here alone, for the applier reads no schema otherwise."""
