"""Two sites and headquarters, each 26 hours from the next: money, logins and links stay right."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from subprocess import run
from typing import TYPE_CHECKING

import pytest

from chaos.history import Outcome
from chaos.live.desk import Desk, desk_of
from chaos.live.fake_clock import FakeClock
from chaos.live.lab import open_lab
from chaos.live.wrong_clock import wrong_clock

if TYPE_CHECKING:
    from pathlib import Path

    from chaos.live.lab import Lab, LabPlan

pytestmark = [pytest.mark.live, pytest.mark.timeout(240)]

HOURS = {"oslo": 26, "lima": -26}
HOUR_MS = 3_600_000
MINUTE_MS = 60_000
ADA = "04A1B2C3D4"
PATIENT_LINK = {
    "beat_ms": 400,
    "lost_beats": 5,
    "offline_ms": 4_000,
    "good_beats": 3,
    "good_window_ms": 5_000,
}
"""Two sites on a busy machine must not look cut off."""


async def opened(lab: Lab, name: str) -> Desk:
    """A site whose clock is wrong from its first start on."""
    site = await lab.join_site(name)
    site.server.environ = wrong_clock(HOURS[name])
    await site.start()
    return await desk_of(lab, site)


async def spent_micros(desk: Desk) -> int:
    answer = await desk.copy(ADA, pages=3)
    assert answer.outcome is Outcome.OK, answer.reason
    return int(str(answer.field("cost_micros")))


async def test_sites_whose_clocks_are_26_hours_off_charge_right_and_lock_nobody_out(
    two_sites: LabPlan,
) -> None:
    async with open_lab(replace(two_sites, link_timing=PATIENT_LINK)) as lab:
        await lab.start_primary()
        api = lab.primary.api
        opening = await api.balance_micros("ada")
        desks = {name: await opened(lab, name) for name in HOURS}
        for desk in desks.values():
            await desk.until_status("link_state", "online")
        left = opening - sum([await spent_micros(desk) for desk in desks.values()])
        for desk in desks.values():
            await desk.until_merged()
        assert left < opening
        assert await api.balance_micros("ada") == left
        assert (await api.ledger_balances())["user:ada"] == left

        listed = (await api.get("/sites")).expect("list the sites")["items"]
        for site in listed:
            off_ms = HOURS[site["site_name"]] * HOUR_MS
            assert abs(site["clock_offset_ms"] - off_ms) < MINUTE_MS
            assert (site["clock_is_wrong"], site["state"]) == (True, "approved")
            status = await desks[site["site_name"]].status()
            assert abs(status["clock_offset_ms"] - off_ms) < MINUTE_MS
            assert -1_000 < status["replica_age_ms"] < MINUTE_MS
            assert status["alarms"] == []

        for name, desk in desks.items():
            await lab.cut(name)
            await desk.until_status("link_state", "offline")
        offline = sum([await spent_micros(desk) for desk in desks.values()])
        for name, desk in desks.items():
            await lab.heal(name)
            await desk.until_status("link_state", "online")
            await desk.until_merged()
        assert await api.balance_micros("ada") == left - offline


HAND_OVERS = """
import asyncio, time
async def hand_over():
    for _ in range(200):
        await asyncio.to_thread(lambda: None)
began = time.perf_counter()
asyncio.run(hand_over())
print(time.perf_counter() - began)
"""


@pytest.mark.parametrize("kind", ["wrong", "fake"])
def test_a_wrong_clock_does_not_slow_down_the_threads_of_a_server(
    kind: str, tmp_path: Path
) -> None:
    """libfaketime's mending of waits took 0.1 s for each hand-over."""
    environ = wrong_clock(26) if kind == "wrong" else FakeClock(tmp_path).environ
    command = [sys.executable, "-c", HAND_OVERS]
    done = run(command, env={**os.environ, **environ}, capture_output=True, text=True, check=True)
    assert float(done.stdout) < 2
