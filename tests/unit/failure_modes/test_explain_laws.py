"""Laws of explanations, for any question about any world."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from failure_modes.catalogue import CATALOGUE, render
from failure_modes.changes import Question
from failure_modes.explain import answer, explain
from failure_modes.vocabulary import ProviderMode
from tests.unit.failure_modes.builders import NOW_MS, printer
from tests.unit.failure_modes.policies import World, worlds

EXPLAINED = max(settings().max_examples // 5, 20)
"""Fewer examples than elsewhere, for each of them is a hundred answers."""


def question(world: World) -> Question:
    return Question(
        facts=world.facts,
        view=world.view,
        link=world.link,
        policy=world.policy,
        now_ms=NOW_MS,
    )


@settings(max_examples=EXPLAINED, deadline=None)
@given(world=worlds, has_replica=st.booleans(), mode=st.sampled_from(ProviderMode))
def test_law_an_explanation_and_each_change_of_it_recompute_their_decisions(
    world: World, has_replica: bool, mode: ProviderMode
) -> None:
    asked = replace(world, view=replace(world.view, has_replica=has_replica, printer=printer(mode)))

    explanation = explain(question(asked))

    assert explanation.decision == asked.answer() == answer(explanation.question)
    assert len({change.what for change in explanation.changes}) == len(explanation.changes)
    for change in explanation.changes:
        assert answer(change.question) == change.decision
        assert change.decision.action is not explanation.decision.action
    assert all(explanation.lines("EUR"))


@given(world=worlds, has_replica=st.booleans(), mode=st.sampled_from(ProviderMode))
def test_law_every_reason_stands_in_the_trace_with_the_rule_that_gave_it(
    world: World, has_replica: bool, mode: ProviderMode
) -> None:
    """So whoever reads a trace can follow the answer rule by rule; only who pays is no rule."""
    decision = replace(
        world, view=replace(world.view, has_replica=has_replica, printer=printer(mode))
    ).answer()

    outcomes = [step.outcome for step in decision.trace]
    assert decision.reasons[0] in outcomes
    assert all(reason in CATALOGUE for reason in (*decision.reasons, *decision.notes))
    assert render(decision, "EUR")
