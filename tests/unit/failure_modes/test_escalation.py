"""Steps of an outage as they are written down."""

from itertools import permutations

import pytest

from failure_modes.escalation import AFTER_MS_MAX, STEPS_MAX, Step, Steps
from failure_modes.policy_fields import Choice, Range
from failure_modes.vocabulary import CreditPolicy, Layer

FIELD = Steps(
    fields={
        "credit": Choice(kind=CreditPolicy),
        "copies_max": Range(low=1, high=9, unit="copies"),
    }
)


def step(after_ms: object = 0, **rules: object) -> dict[str, object]:
    return {"after_ms": after_ms, "rules": rules or {"copies_max": 2}}


def test_steps_are_read_in_the_order_of_time_whatever_order_they_are_written_in() -> None:
    written = [step(5, credit="strict"), step(0), step(9)]

    read = {FIELD.read(list(order), Layer.SITE)[0].after_ms for order in permutations(written)}

    assert FIELD.problems(written) == []
    assert read == {0}
    assert FIELD.read(written, Layer.SITE)[1] == Step(
        after_ms=5, rules={"credit": CreditPolicy.STRICT}
    )


def test_the_documentation_shows_an_example() -> None:
    assert "after_ms" in FIELD.range_text


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({}, "not a list"),
        ([step(each) for each in range(STEPS_MAX + 1)], "not a list of up to 10"),
        ([4], "0: this is no step"),
        ([{"after_ms": 1}], "'rules' is missing"),
        ([step(-1)], "after_ms: -1 is not"),
        ([step(AFTER_MS_MAX + 1)], "after_ms:"),
        ([{"after_ms": 1, "rules": []}], "rules: this is not a set"),
        ([{"after_ms": 1, "rules": {}}], "rules: this is not a set"),
        ([step(escalation=[])], "rules.escalation: no step can set this"),
        ([step(copies_max=10)], "rules.copies_max: 10 is not"),
        ([step(7), step(7)], "two steps begin after 7 ms"),
    ],
)
def test_a_step_that_cannot_be_is_refused(value: object, words: str) -> None:
    (problem,) = FIELD.problems(value)

    assert words in problem


def test_all_problems_of_all_steps_come_at_once() -> None:
    found = FIELD.problems([{"after_ms": -1, "rules": 0}, step(copies_max=0, credit="cheap")])

    assert [problem.rpartition(": ")[0].partition(":")[0] for problem in found] == [
        "0",
        "0",
        "1",
        "1",
    ]
