"""Python as a server sets it."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

import pytest

from replication.adapters.interpreter import SWITCH_S, YOUNG_MAX, set_interpreter

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before, switch_s = gc.get_threshold(), sys.getswitchinterval()
    yield
    gc.set_threshold(*before)
    sys.setswitchinterval(switch_s)
    gc.unfreeze()


def test_the_collector_looks_seldom_and_still_finds_what_died_in_a_cycle() -> None:
    set_interpreter()
    assert gc.get_threshold()[0] == YOUNG_MAX
    assert gc.get_freeze_count() > 0
    circle: list[object] = []
    circle.append(circle)
    del circle
    assert gc.collect() >= 1


def test_threads_take_short_turns() -> None:
    set_interpreter()
    assert sys.getswitchinterval() == pytest.approx(SWITCH_S)
