"""How long to wait after so many failures in a row: longer each time, never for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random

FACTOR: Final = 2
DOUBLINGS_MAX: Final = 16


def back_off_ms(failures: int, first_ms: float, max_ms: float, chance: random.Random) -> float:
    """The pause before the next attempt: doubling to a cap, the upper half of it by chance.

    Chance keeps a hundred sites from coming back at the same moment.
    """
    doubled_ms: float = first_ms * FACTOR ** min(failures, DOUBLINGS_MAX)
    longest_ms = min(doubled_ms, max_ms)
    return chance.uniform(longest_ms / 2, longest_ms)
