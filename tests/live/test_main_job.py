"""The main job of `make demo`, shorter: over our relay, and with a link that notices quickly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chaos.history import read_history
from chaos.scenarios.main_job import run
from chaos.scenarios.narration import LABEL_WIDTH, Narrator

if TYPE_CHECKING:
    from chaos.live.lab import LabPlan

pytestmark = pytest.mark.live


async def test_a_cut_wan_changes_nothing_for_the_people_of_a_branch(two_sites: LabPlan) -> None:
    told: list[str] = []
    kept = await run(Narrator(told.append), two_sites, samples=3)
    assert kept, "\n".join(told)
    story = "\n".join(told)
    assert f"{'money conserved:':<{LABEL_WIDTH}} yes" in story
    assert f"{'lost:':<{LABEL_WIDTH}} 0" in story
    assert f"{'printed twice:':<{LABEL_WIDTH}} 0" in story
    assert f"{'the WAN is cut by':<{LABEL_WIDTH}} relay" in story
    history = read_history(two_sites.folder / "history.jsonl")
    assert set(history.nodes()) == {"oslo", "primary", "lima"}
