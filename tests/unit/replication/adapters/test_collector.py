"""The garbage collector of a server."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

from replication.adapters.collector import YOUNG_MAX, calm_collector

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_it_looks_seldom_and_still_finds_what_died_in_a_cycle() -> None:
    calm_collector()
    assert gc.get_threshold()[0] == YOUNG_MAX
    assert gc.get_freeze_count() > 0
    circle: list[object] = []
    circle.append(circle)
    del circle
    assert gc.collect() >= 1
