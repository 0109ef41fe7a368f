"""Every scenario of `make live`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.live_scenarios.machine.scenarios import MACHINE
from chaos.live_scenarios.network.scenarios import NETWORK

if TYPE_CHECKING:
    from chaos.live_scenarios.scenario import Scenario

CATALOGUE: Final[tuple[Scenario, ...]] = (*NETWORK, *MACHINE)
