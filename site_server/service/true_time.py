"""What time it is at headquarters, for what must not go by a clock that is wrong by hours.

Which price list is in force, and whether a shop is open, would be decided by a wrong clock
otherwise. Headquarters says its time in each welcome, and this site's steady clock goes on from
there, so a clock that is set meanwhile changes nothing. Within some minutes this site's own clock
is believed: it may well be the better one. Before the first welcome of this process it is the only
one.

What is written into the journal stays this site's own time, and so do outages and sessions: they
are measured by one clock from beginning to end.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from replication.ports import WallMs

if TYPE_CHECKING:
    from replication.messages import AnyFromPrimary, Welcome
    from replication.ports import Clock

log: Final = logging.getLogger(__name__)

WRONG_MS: Final = 300_000
"""As at headquarters (`primary.service.uplinks`): beyond it a clock is wrong."""


class TrueTime:
    """Headquarters' time, as far as it was said. A `LinkListener`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead_ms: int | None = None
        self._is_wrong = False

    async def up(self, welcome: Welcome) -> None:
        """Headquarters says what time it is."""
        self._ahead_ms = welcome.wall_ms - self._clock.monotonic_ms()
        is_wrong = abs(self.offset_ms or 0) > WRONG_MS
        if is_wrong and not self._is_wrong:
            log.warning(
                "this machine's clock is %+d s off headquarters': set it by a time server. "
                "Prices and opening hours go by headquarters' time until then",
                (self.offset_ms or 0) // 1000,
            )
        if self._is_wrong and not is_wrong:
            log.info("this machine's clock is right again")
        self._is_wrong = is_wrong

    async def heard(self, message: AnyFromPrimary) -> None:
        """Nothing else says the time."""
        del message

    def down(self) -> None:
        """The steady clock goes on."""

    @property
    def offset_ms(self) -> int | None:
        """How far this machine's clock is ahead of headquarters'; None: nobody has said."""
        if self._ahead_ms is None:
            return None
        return self._clock.wall_ms() - (self._clock.monotonic_ms() + self._ahead_ms)

    def wall_ms(self) -> WallMs:
        """The time to decide by."""
        own_ms, offset_ms = self._clock.wall_ms(), self.offset_ms
        if offset_ms is None or abs(offset_ms) <= WRONG_MS:
            return own_ms
        return WallMs(own_ms - offset_ms)
