"""Which scenarios share an installation."""

from __future__ import annotations

from chaos.live_scenarios.plan import Plan
from chaos.live_scenarios.play import groups
from chaos.live_scenarios.testing import scenario


def test_scenarios_of_one_plan_share_an_installation_in_their_order() -> None:
    small = Plan(site_names=("oslo",))
    given = [scenario("a"), scenario("b", small), scenario("c"), scenario("d", small)]
    assert [[one.name for one in group] for group in groups(given)] == [["a", "c"], ["b", "d"]]


def test_a_scenario_that_needs_an_installation_of_its_own_gets_one() -> None:
    alone, late = Plan(own_lab=True), Plan(late=("rome",))
    given = [scenario("a", alone), scenario("b", alone), scenario("c", late), scenario("d", late)]
    assert [len(group) for group in groups(given)] == [1, 1, 1, 1]
