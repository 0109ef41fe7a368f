"""When a scenario counts as kept."""

from __future__ import annotations

from chaos.live_scenarios.stage import Check
from chaos.live_scenarios.testing import broken, kept, result, unknown


def test_a_promise_that_had_to_be_judged_and_could_not_be_is_not_kept() -> None:
    assert not result(verdicts=(kept(1), unknown(7))).kept
    assert not result(verdicts=(kept(1),)).kept
    assert result(verdicts=(kept(1), kept(7), unknown(4))).kept


def test_a_story_that_saw_something_else_than_it_must_is_not_kept() -> None:
    assert not result(checks=(Check(text="the new user may print", ok=False),)).kept
    assert not result(error="it broke off").kept
    assert result().kept


def test_a_promise_with_two_checkers_is_kept_where_both_say_so() -> None:
    assert result(verdicts=(kept(1), kept(1), kept(7))).promises == {1: True, 7: True}
    assert result(verdicts=(kept(1), broken(1, "a"), kept(7))).promises == {1: False, 7: True}
