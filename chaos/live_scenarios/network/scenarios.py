"""The scenarios of the network, in the order in which they are played."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.live_scenarios.network import (
    backlog_heals,
    edits_while_cut,
    half_the_sites_cut,
    strict_while_cut,
    wan_bandwidth,
    wan_cut,
    wan_cut_mid_batch,
    wan_cut_mid_release,
    wan_cut_mid_snapshot,
    wan_flapping,
    wan_latency,
    wan_limit_data,
    wan_one_way_down,
    wan_one_way_up,
    wan_reset,
    wan_slicer,
    wan_slow_close,
    wan_slow_release,
    wan_timeout,
    wan_unplugged,
)

if TYPE_CHECKING:
    from chaos.live_scenarios.scenario import Scenario

NETWORK: Final[tuple[Scenario, ...]] = (
    wan_cut.SCENARIO,
    wan_unplugged.SCENARIO,
    wan_latency.SCENARIO,
    wan_bandwidth.SCENARIO,
    wan_timeout.SCENARIO,
    wan_reset.SCENARIO,
    wan_slicer.SCENARIO,
    wan_slow_close.SCENARIO,
    wan_limit_data.SCENARIO,
    wan_flapping.SCENARIO,
    wan_one_way_up.SCENARIO,
    wan_one_way_down.SCENARIO,
    wan_cut_mid_batch.SCENARIO,
    backlog_heals.SCENARIO,
    wan_slow_release.SCENARIO,
    half_the_sites_cut.SCENARIO,
    edits_while_cut.SCENARIO,
    wan_cut_mid_release.SCENARIO,
    strict_while_cut.SCENARIO,
    wan_cut_mid_snapshot.SCENARIO,
)
