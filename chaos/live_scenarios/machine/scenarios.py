"""The scenarios of processes, disks, clocks and network namespaces, in the order of play."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from chaos.live_scenarios.scenario import Scenario

MACHINE: Final[tuple[Scenario, ...]] = ()
