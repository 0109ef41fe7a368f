"""The scenarios of the network, in the order in which they are played."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.live_scenarios.network import wan_cut

if TYPE_CHECKING:
    from chaos.live_scenarios.scenario import Scenario

NETWORK: Final[tuple[Scenario, ...]] = (wan_cut.SCENARIO,)
