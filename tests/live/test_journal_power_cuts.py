from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chaos.live.journal_power_cuts import JournalPowerCuts
from chaos.live.power_cut.recorder import build_recorder

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

pytestmark = pytest.mark.live


async def test_an_acknowledged_entry_survives_every_power_cut(
    tmp_path: Path, chance: Random
) -> None:
    cuts = JournalPowerCuts(tmp_path, build_recorder(tmp_path), entries=200)
    await cuts.cut(100, chance)
    assert cuts.images == 100
    assert cuts.beyond > 0
