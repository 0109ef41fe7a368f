"""Headquarters' time where this machine's clock is wrong by hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from replication.messages import Ack, Welcome
from replication.testing import ManualClock
from site_server.service.true_time import WRONG_MS, TrueTime

if TYPE_CHECKING:
    from replication.ports import WallMs

DAY_AND_TWO_HOURS_MS = 26 * 3_600_000


def says(wall_ms: int) -> Welcome:
    return Welcome(lineage="0" * 32, txid=1, watermark_seq=0, wall_ms=wall_ms)


async def at(clock: ManualClock, headquarters_ms: int) -> TrueTime:
    time = TrueTime(clock)
    await time.up(says(headquarters_ms))
    return time


async def test_before_headquarters_spoke_there_is_only_this_clock() -> None:
    clock = ManualClock()
    time = TrueTime(clock)
    assert time.offset_ms is None
    assert time.wall_ms() == clock.wall_ms()


@pytest.mark.parametrize("off_ms", [DAY_AND_TWO_HOURS_MS, -DAY_AND_TWO_HOURS_MS])
async def test_a_clock_that_is_a_day_off_is_not_decided_by(
    off_ms: int, caplog: pytest.LogCaptureFixture
) -> None:
    clock = ManualClock()
    true_ms: int = clock.wall_ms() - off_ms
    time = await at(clock, true_ms)
    assert time.offset_ms == off_ms
    assert time.wall_ms() == true_ms
    await time.up(says(true_ms))
    assert caplog.text.count("set it by a time server") == 1


async def test_a_clock_that_is_some_minutes_off_is_believed() -> None:
    clock = ManualClock()
    time = await at(clock, clock.wall_ms() - WRONG_MS)
    assert time.wall_ms() == clock.wall_ms()


async def test_a_clock_that_is_set_while_the_wan_is_cut_is_seen_through(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = ManualClock()
    time = await at(clock, clock.wall_ms())
    time.down()
    await time.heard(Ack(seq=1))
    before: WallMs = clock.wall_ms()
    clock.advance(1_000)
    clock.jump(DAY_AND_TWO_HOURS_MS)
    assert time.wall_ms() == before + 1_000
    clock.jump(-DAY_AND_TWO_HOURS_MS)
    await time.up(says(clock.wall_ms()))
    assert caplog.text == ""
