"""What a scenario needs to be built: scenarios of the same plan share one lab."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from chaos.live.lab import Lab

if TYPE_CHECKING:
    from chaos.live.nodes import Settings

Equip = Callable[[Lab], AbstractAsyncContextManager[None]]

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
    primary_settings: Settings = field(default_factory=dict)
    """Sections of `primary.toml`."""
    site_settings: Settings = field(default_factory=dict)
    """Sections of every site's `site.toml`, beside the quick link."""
    cards: int = 0
    """Of somebody who never comes: they make the directory larger, by 0.15 kB each."""
    equip: Equip | None = None
    """What the machine must be given before headquarters is made; it ends with the lab."""
    own_lab: bool = False
    """True: nothing else is played in this installation, before or after."""

    @property
    def shared(self) -> bool:
        """Whether another scenario of this plan may be played in the same installation."""
        return not self.own_lab and not self.late
