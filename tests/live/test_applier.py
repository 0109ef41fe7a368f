"""The applier under kills and power cuts: smaller runs of what `chaos.scenarios` does at length."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chaos.errors import ChaosError
from chaos.live.applier_kills import FELL, AppliersKilled
from chaos.live.power_cut.recorder import build_recorder
from chaos.live.replica_power_cuts import ReplicaPowerCuts

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

pytestmark = pytest.mark.live

KILLS = 40
IMAGES = 300


def test_a_killed_applier_leaves_a_readable_replica_with_right_rows(
    tmp_path: Path, chance: Random
) -> None:
    killed = AppliersKilled(tmp_path, build_recorder(tmp_path), chance)
    killed.kill(KILLS)
    assert killed.tally.kills == KILLS
    assert {FELL[0], FELL[2], FELL[4]} <= killed.tally.fell.keys()


def test_a_power_cut_leaves_a_readable_replica_with_right_rows(
    tmp_path: Path, chance: Random
) -> None:
    cuts = ReplicaPowerCuts(tmp_path, build_recorder(tmp_path), chance)
    cuts.cut(IMAGES, states=30)
    assert cuts.tally.images == IMAGES
    assert cuts.tally.went_on == IMAGES // 3


def test_a_disk_that_does_not_sync_is_found_out(tmp_path: Path, chance: Random) -> None:
    cuts = ReplicaPowerCuts(tmp_path, build_recorder(tmp_path), chance, honours_syncs=False)
    with pytest.raises(
        ChaosError, match=r"acknowledged|reader was told|says|equals no|no replica|cannot be"
    ):
        cuts.cut(IMAGES, states=10)
