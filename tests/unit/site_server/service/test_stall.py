"""A replica that stops moving while the link is green: seen within 15 s, and only then."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field, replace

import pytest

from replication.testing import ManualClock
from site_server.service.stall import LOOK_MS, Progress, StallAlarm

WITHIN_MS = 15_000
FINE = Progress(is_up=True, lost_beats=0, is_behind=False, moved=(5, 0), replica_age_ms=100)


@dataclass(slots=True)
class Hanging:
    """A replica whose applier does what the test says."""

    clock: ManualClock = field(default_factory=ManualClock)
    now: Progress = FINE
    is_silent: bool = False

    def progress(self) -> Progress:
        return self.now

    def pass_time(self, alarm: StallAlarm, ms: int) -> int:
        """Look every second for so long; how long it took until the alarm stood."""
        for passed_ms in range(0, ms, LOOK_MS):
            alarm.look()
            if alarm.alarm:
                return passed_ms
            self.clock.advance(LOOK_MS)
            if self.is_silent:
                self.now = replace(self.now, replica_age_ms=self.now.replica_age_ms + LOOK_MS)
        alarm.look()
        return ms


@pytest.fixture
def world() -> Hanging:
    return Hanging()


@pytest.fixture
def alarm(world: Hanging) -> StallAlarm:
    return StallAlarm(world, world.clock)


def test_a_replica_that_follows_is_no_alarm(world: Hanging, alarm: StallAlarm) -> None:
    for txid in range(100):
        world.now = replace(FINE, is_behind=True, moved=(txid, 0))
        world.pass_time(alarm, 5_000)
        assert alarm.alarm == ""


def test_an_applier_that_hangs_is_told_within_15_seconds_once(
    world: Hanging, alarm: StallAlarm, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    world.pass_time(alarm, 3_000)
    world.now = replace(FINE, is_behind=True)
    assert world.pass_time(alarm, 60_000) <= WITHIN_MS
    assert alarm.alarm.startswith("stalled:")
    for _ in range(10):
        world.clock.advance(LOOK_MS)
        alarm.look()
    world.now = replace(FINE, moved=(6, 0))
    alarm.look()
    assert alarm.alarm == ""
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]


def test_a_long_download_is_movement(world: Hanging, alarm: StallAlarm) -> None:
    for fetched_bytes in range(0, 60_000, 1_000):
        world.now = replace(FINE, is_behind=True, moved=(0, fetched_bytes))
        world.pass_time(alarm, 10_000)
        assert alarm.alarm == ""


def test_headquarters_that_answers_and_tells_nothing_is_an_alarm_within_15_seconds(
    world: Hanging, alarm: StallAlarm
) -> None:
    world.is_silent = True
    assert world.pass_time(alarm, 60_000) <= WITHIN_MS
    assert alarm.alarm.startswith("silent:")
    world.is_silent, world.now = False, FINE
    alarm.look()
    assert alarm.alarm == ""


@pytest.mark.parametrize(
    "cut", [replace(FINE, is_up=False), replace(FINE, is_up=True, lost_beats=3)]
)
def test_a_cut_link_is_an_outage_and_no_stall(
    world: Hanging, alarm: StallAlarm, cut: Progress
) -> None:
    world.now, world.is_silent = replace(cut, is_behind=True), True
    world.pass_time(alarm, 3_600_000)
    assert alarm.alarm == ""


def test_after_an_outage_the_replica_has_its_time_again(world: Hanging, alarm: StallAlarm) -> None:
    world.now, world.is_silent = replace(FINE, is_up=False, is_behind=True), True
    world.pass_time(alarm, 3_600_000)
    world.now = replace(world.now, is_up=True)
    world.pass_time(alarm, 10_000)
    assert alarm.alarm == ""
    assert world.pass_time(alarm, 60_000) <= WITHIN_MS
    assert alarm.alarm


async def test_it_looks_by_itself(world: Hanging) -> None:
    alarm = StallAlarm(world, world.clock)
    alarm.look()
    world.now = replace(FINE, is_behind=True)
    alarm.look()
    world.clock.advance(20_000)
    task = asyncio.get_running_loop().create_task(alarm.run())
    await asyncio.sleep(0)
    assert alarm.alarm
    task.cancel()
