"""Every pair of the job's table, and the promises that it keeps."""

import pytest

from failure_modes.errors import IllegalTransitionError
from failure_modes.job_lifecycle import TERMINAL, TRANSITIONS, JobEvent, JobState, next_state

# One row per state, one column per event; "-" is illegal.
EVENTS = [
    "counted",
    "released",
    "printed",
    "not_printed",
    "outcome_lost",
    "settled_printed",
    "settled_not_printed",
    "deleted",
    "expired",
]
TABLE = {
    "accepted": "held - - - - - - cancelled expired",
    "held": "held releasing - held held - held cancelled expired",
    "releasing": "releasing - printed held unknown - - - releasing",
    "unknown": "unknown - printed held unknown printed held - unknown",
    "printed": "printed - printed - printed printed - printed printed",
    "cancelled": "cancelled - - cancelled cancelled - cancelled cancelled cancelled",
    "expired": "expired - - expired expired - expired expired expired",
}
PAIRS = [
    (JobState(state), JobEvent(event), target)
    for state, row in TABLE.items()
    for event, target in zip(EVENTS, row.split(), strict=True)
]


def test_the_table_of_this_test_names_every_pair() -> None:
    assert {(state, event) for state, event, _ in PAIRS} == {
        (state, event) for state in JobState for event in JobEvent
    }


@pytest.mark.parametrize(("state", "event", "target"), [pair for pair in PAIRS if pair[2] != "-"])
def test_a_legal_event_leads_on(state: JobState, event: JobEvent, target: str) -> None:
    assert next_state(state, event) is JobState(target)


@pytest.mark.parametrize(("state", "event"), [pair[:2] for pair in PAIRS if pair[2] == "-"])
def test_an_illegal_event_raises_and_changes_nothing(state: JobState, event: JobEvent) -> None:
    before = dict(TRANSITIONS)

    with pytest.raises(IllegalTransitionError) as caught:
        next_state(state, event)

    assert (caught.value.state, caught.value.event) == (state, event)
    assert before == TRANSITIONS


def test_a_job_is_released_only_out_of_held() -> None:
    releasable = {state for state, event in TRANSITIONS if event is JobEvent.RELEASED}

    assert releasable == {JobState.HELD}


def test_no_event_leads_out_of_a_terminal_state() -> None:
    for (state, _), target in TRANSITIONS.items():
        assert state not in TERMINAL or target is state


def test_paper_is_never_declared_without_a_release() -> None:
    into_printed = {state for (state, _), target in TRANSITIONS.items() if target == "printed"}

    assert into_printed == {JobState.RELEASING, JobState.UNKNOWN, JobState.PRINTED}


def test_an_unknown_outcome_is_settled_only_by_certain_news() -> None:
    ways_out = {
        event
        for (state, event), target in TRANSITIONS.items()
        if state is JobState.UNKNOWN and target is not state
    }

    assert ways_out == {
        JobEvent.PRINTED,
        JobEvent.NOT_PRINTED,
        JobEvent.SETTLED_PRINTED,
        JobEvent.SETTLED_NOT_PRINTED,
    }


@pytest.mark.parametrize("state", JobState)
def test_news_that_comes_twice_changes_nothing_the_second_time(state: JobState) -> None:
    for event in set(JobEvent) - {JobEvent.RELEASED}:
        once = TRANSITIONS.get((state, event))
        if once is not None:
            assert next_state(once, event) is once
