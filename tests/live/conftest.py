"""What the live tests share: a seed that is printed, and labs that are small and quick."""

from __future__ import annotations

import os
import secrets
from random import Random
from typing import TYPE_CHECKING

import pytest

from chaos.live.lab import FAST_LINK, LabPlan
from chaos.live.wan_choice import WanChoice

if TYPE_CHECKING:
    from pathlib import Path

SEED_VARIABLE = "HOLDFAST_SEED"


@pytest.fixture
def chance() -> Random:
    """Chance from a seed that a failing test prints; set HOLDFAST_SEED to choose it."""
    seed = int(os.environ.get(SEED_VARIABLE) or secrets.randbits(32))
    print(f"{SEED_VARIABLE}={seed}")  # noqa: T201 - pytest shows it where the test fails
    return Random(seed)


@pytest.fixture
def one_site(tmp_path: Path) -> LabPlan:
    return LabPlan(
        folder=tmp_path, site_names=("oslo",), wan=WanChoice.RELAY, link_timing=FAST_LINK
    )


@pytest.fixture
def two_sites(tmp_path: Path) -> LabPlan:
    return LabPlan(folder=tmp_path, wan=WanChoice.RELAY, link_timing=FAST_LINK)
