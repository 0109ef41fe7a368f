"""A site offline for 95 days, beyond its certificate and beyond all retention."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chaos.scenarios.long_outage import run
from chaos.scenarios.narration import Narrator

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]


async def test_a_branch_that_was_away_for_a_quarter_of_a_year_comes_back_with_everything(
    tmp_path: Path,
) -> None:
    told: list[str] = []
    kept = await run(Narrator(told.append), tmp_path)
    assert kept, "\n".join(told)
