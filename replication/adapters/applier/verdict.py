"""What a look at the replica found, as both sides of the applier's pipe say it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was found. `damage` is '' where nothing speaks against the replica."""

    damage: str = ""
    refused: tuple[str, ...] = ()
    """Damaged files of the mirror: delete them and fetch them again."""
