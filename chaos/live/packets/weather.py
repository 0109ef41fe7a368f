"""What a WAN does to packets in one direction, and what becomes of each: pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chaos.errors import ChaosError

if TYPE_CHECKING:
    from random import Random

ALL: Final = 100.0
HELD_BACK_MS: Final = 15
"""What the others wait while one packet overtakes, where there is no delay anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """One direction of a WAN, in netem's words.

    A reordered packet overtakes: it is sent at once while the others wait.
    """

    delay_ms: int = 0
    jitter_ms: int = 0
    """Up to so much more or less, evenly; packets then overtake each other, too."""
    loss_percent: float = 0.0
    duplicate_percent: float = 0.0
    reorder_percent: float = 0.0

    def __post_init__(self) -> None:
        chances = (self.loss_percent, self.duplicate_percent, self.reorder_percent)
        if not all(0 <= chance <= ALL for chance in chances):
            raise ChaosError("A chance is a percentage, from 0 to 100.")
        if not 0 <= self.jitter_ms <= self.delay_ms:
            raise ChaosError("The jitter is at most the delay, and neither is below 0.")

    @property
    def wait_ms(self) -> int:
        """What a packet waits that does not overtake: there must be something to be spared."""
        return self.delay_ms or (HELD_BACK_MS if self.reorder_percent else 0)

    def __str__(self) -> str:
        said = [
            f"delay {self.delay_ms} ms" + (f" ± {self.jitter_ms}" if self.jitter_ms else "")
            if self.delay_ms
            else "",
            f"loss {self.loss_percent:g} %" if self.loss_percent else "",
            f"duplicates {self.duplicate_percent:g} %" if self.duplicate_percent else "",
            f"out of order {self.reorder_percent:g} %" if self.reorder_percent else "",
        ]
        return ", ".join(filter(None, said)) or "fair"


FAIR: Final = Weather()
BLACK_HOLE: Final = Weather(loss_percent=ALL)


def fates(weather: Weather, random: Random) -> tuple[int, ...]:
    """In how many ms each copy of the next packet arrives; nothing where it is lost.

    Draws the same number of times for every packet, so that the n-th packet of a seed meets the
    same fate whatever became of those before it.
    """
    lost, twice, overtakes = (random.random() * ALL for _ in range(3))
    later_ms = round(random.uniform(-weather.jitter_ms, weather.jitter_ms))
    if lost < weather.loss_percent:
        return ()
    delay_ms = 0 if overtakes < weather.reorder_percent else weather.wait_ms + later_ms
    return (delay_ms, delay_ms) if twice < weather.duplicate_percent else (delay_ms,)
