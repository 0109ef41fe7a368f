"""The minute of the week, in the site's own time zone."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from failure_modes.vocabulary import WallMs
from site_server.service.local_time import minute_of_week

EAST = timezone(timedelta(hours=2))


def wall_ms(*date_and_time: int) -> WallMs:
    return WallMs(int(datetime(*date_and_time, tzinfo=UTC).timestamp() * 1000))  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("moment", "minute"),
    [
        (wall_ms(2026, 3, 2, 0, 0), 0),
        (wall_ms(2026, 3, 2, 7, 30, 59), 450),
        (wall_ms(2026, 3, 8, 23, 59), 7 * 1440 - 1),
    ],
)
def test_a_week_begins_on_monday(moment: WallMs, minute: int) -> None:
    assert minute_of_week(moment, UTC) == minute


def test_a_zone_in_the_east_has_its_monday_while_it_is_still_sunday_here() -> None:
    assert minute_of_week(wall_ms(2026, 3, 1, 22, 30), EAST) == 30


def test_without_a_zone_it_is_the_time_of_this_machine() -> None:
    moment = wall_ms(2026, 3, 4, 12, 34)
    local = time.localtime(moment / 1000)
    expected = local.tm_wday * 1440 + local.tm_hour * 60 + local.tm_min
    assert minute_of_week(moment, None) == expected
