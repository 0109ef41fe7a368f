from __future__ import annotations

import time
from random import Random
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from chaos.history import Outcome
from tests.unit.chaos.checkers.little_model import PAGE, LittleModel

if TYPE_CHECKING:
    from collections.abc import Callable


def lived(random: Random, operations: int, users: int = 4) -> LittleModel:
    """A little model in which so many things happened, some of them at once."""
    names = tuple(f"user{number}" for number in range(users))
    sites = ("oslo", "lima", "rome")
    model = LittleModel(*sites, users=names, spread_ms=lambda: random.choice((0, 1, 9, 40)))
    for _ in range(operations):
        happens(model, random, random.choice(sites), random.choice(names))
    return model


def happens(model: LittleModel, random: Random, site: str, user: str) -> None:
    jobs = {uuid: state for uuid, (_, state) in list(model.jobs[site].items())[-8:]}
    held = [uuid for uuid, state in jobs.items() if state == "held"]
    moving = [uuid for uuid, state in jobs.items() if state == "releasing"]
    outcome = random.choice((Outcome.OK, Outcome.OK, Outcome.UNKNOWN))
    acts: list[Callable[[], object]] = [
        lambda: model.send(site, user, outcome=outcome),
        lambda: model.copy(site, user, random.randint(1, 5), outcome=outcome),
        lambda: model.adjust(user, random.randint(-3, 9) * PAGE, outcome=outcome),
        lambda: model.up(site, random.randint(1, 20)),
        lambda: model.down(site),
        lambda: model.look(user),
        lambda: model.list(site, user),
        lambda: model.log_in(site, user),
    ]
    if held:
        acts.append(lambda: model.release(site, random.choice(held), outcome=outcome))
        acts.append(lambda: model.delete(site, random.choice(held), outcome=outcome))
    if moving:
        acts.append(lambda: model.printed(site, random.choice(moving)))
    random.choice(acts)()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**9), operations=st.integers(1, 120))
def test_whatever_a_right_model_shows_is_explained(seed: int, operations: int) -> None:
    assert lived(Random(seed), operations).verdict().findings == ()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_a_right_model_that_lies_once_is_found(seed: int) -> None:
    model = lived(Random(seed), 100)
    model.log_in("oslo", "user1", model.micros("oslo", "user1") + 13)
    assert len(model.verdict().findings) == 1


def test_eight_thousand_operations_cost_about_eight_times_a_thousand() -> None:
    """Processor time; much less than a square, with room for a busy machine."""
    took = []
    for operations in (1_000, 8_000):
        model = lived(Random(7), operations, users=40)
        began = time.process_time()
        assert model.verdict().findings == ()
        took.append(time.process_time() - began)
    assert took[1] < 30 * took[0]
