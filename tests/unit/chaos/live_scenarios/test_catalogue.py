"""Every scenario says what it must, so that the report and the docs can."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from chaos.live_scenarios.catalogue import CATALOGUE
from chaos.live_scenarios.network.scenarios import NETWORK
from chaos.live_scenarios.promises import PROMISES

if TYPE_CHECKING:
    from chaos.live_scenarios.scenario import Scenario

NETWORK_MIN = 13
SENTENCES_MAX = 3
PRODUCTS = (
    *("Bravura", "CUPS", "Dispatcher", "Equitrac", "Google Cloud Print", "Kofax", "MyQ"),
    *("PaperCut", "RM CC4", "SafeQ", "uniFLOW"),
)


def test_there_are_enough_and_no_name_is_taken_twice() -> None:
    assert len(NETWORK) >= NETWORK_MIN
    assert len({scenario.name for scenario in CATALOGUE}) == len(CATALOGUE)


@pytest.mark.parametrize("scenario", CATALOGUE, ids=lambda scenario: scenario.name)
def test_a_scenario_tells_its_story_its_promises_and_the_incident_that_it_answers(
    scenario: Scenario,
) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", scenario.name)
    assert 1 <= len(re.findall(r"\.(?:\s|$)", scenario.story)) <= SENTENCES_MAX
    assert scenario.story.endswith(".")
    assert scenario.promises == tuple(sorted(set(scenario.promises)))
    assert set(scenario.promises) <= set(PROMISES)
    assert scenario.incident.endswith(".")
    assert any(product in scenario.incident for product in PRODUCTS), "whose incident is it?"
