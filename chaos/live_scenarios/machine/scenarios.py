"""The scenarios of processes, disks, clocks and network namespaces, in the order of play."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.live_scenarios.machine import (
    clocks,
    full_disk_primary,
    full_disk_site,
    killed_between_files,
    killed_in_bootstrap,
    killed_in_release,
    litestream_killed,
    lost_replica,
    packets,
    power_lost,
    restarted_cut_off,
    standing_still,
)

if TYPE_CHECKING:
    from chaos.live_scenarios.scenario import Scenario

MACHINE: Final[tuple[Scenario, ...]] = (
    killed_in_release.SCENARIO,
    killed_between_files.SCENARIO,
    killed_in_bootstrap.SCENARIO,
    litestream_killed.SCENARIO,
    restarted_cut_off.SCENARIO,
    standing_still.PRIMARY,
    standing_still.APPLIER,
    standing_still.LITESTREAM,
    full_disk_site.SCENARIO,
    full_disk_primary.STORE,
    full_disk_primary.EVERYTHING,
    lost_replica.SCENARIO,
    power_lost.SCENARIO,
    clocks.AHEAD,
    clocks.BEHIND,
    clocks.JUMPS,
    packets.LOST,
    packets.DISORDERED,
    packets.ONE_WAY,
    packets.LOPSIDED,
)
