"""The site's own clocks on the wall, as opening hours mean them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from failure_modes.opening_hours import DAY_MINUTES, HOUR_MINUTES

if TYPE_CHECKING:
    from datetime import tzinfo

    from failure_modes.vocabulary import WallMs


def minute_of_week(wall_ms: WallMs, zone: tzinfo | None) -> int:
    """Minutes since Monday 0:00 in that time zone; None is the zone of this machine."""
    local = datetime.fromtimestamp(wall_ms / 1000, UTC).astimezone(zone)
    return local.weekday() * DAY_MINUTES + local.hour * HOUR_MINUTES + local.minute
