"""What a scenario needs to be built: scenarios of the same plan share one lab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SITE_NAMES: Final = ("oslo", "lima", "rome", "cairo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The installation of a scenario."""

    site_names: tuple[str, ...] = ("oslo", "lima")
    late: tuple[str, ...] = ()
    """Sites that the scenario itself starts, by `Stage.join` and `Stage.open`."""
    credit: str = "replica_balance"
    """The rule of credit for everybody; `strict` never overdraws."""
    printing_ms: int = 0
    """How long a printer takes for a document."""
    own_lab: bool = False
    """True: nothing else is played in this installation, before or after."""

    @property
    def shared(self) -> bool:
        """Whether another scenario of this plan may be played in the same installation."""
        return not self.own_lab and not self.late
