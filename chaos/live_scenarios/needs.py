"""What a scenario needs beyond the project's own tools, and why this machine has not got it.

A missing package is an error with the command that installs it. Rights are another matter: nobody
has to give them, and what was therefore left out is said in the report and in the last line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.live.place import why_no_namespaces

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chaos.live_scenarios.scenario import Scenario

ROOT: Final = "root"
"""To mount a file system and to make network namespaces."""
COMMAND: Final = "Run it as root: sudo make live NAME={name}"
PROBES: Final[Mapping[str, Callable[[], str]]] = {ROOT: why_no_namespaces}
"""Each says what is in the way, or nothing. They try it: in a container root may not be root."""


def why_left_out(scenario: Scenario, probes: Mapping[str, Callable[[], str]] | None = None) -> str:
    """The reason, and the command that helps; '' where it can be played."""
    for need in scenario.needs:
        why = (PROBES if probes is None else probes)[need]()
        if why:
            return f"{scenario.name}: {why} {COMMAND.format(name=scenario.name)}"
    return ""
