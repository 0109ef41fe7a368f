"""Which steps of the state machines are taken: seen where the services look them up."""

from __future__ import annotations

import pytest

from chaos.sim.coverage import MACHINES, PAIRS, Pair, remembered
from failure_modes import job_lifecycle, link_table
from failure_modes.errors import IllegalTransitionError
from failure_modes.job_lifecycle import JobEvent, JobState
from failure_modes.link import LinkTiming, LinkWatcher
from failure_modes.vocabulary import MonotonicMs

HELD_COUNTED = Pair("job", JobState.HELD, JobEvent.COUNTED)


def test_a_step_is_counted_also_one_that_changes_nothing_or_is_refused() -> None:
    with remembered() as seen:
        for _ in range(2):
            assert job_lifecycle.next_state(JobState.HELD, JobEvent.COUNTED) is JobState.HELD
        with pytest.raises(IllegalTransitionError):
            job_lifecycle.next_state(JobState.PRINTED, JobEvent.RELEASED)
    refused = Pair("job", JobState.PRINTED, JobEvent.RELEASED)
    assert seen == {HELD_COUNTED: 2, refused: 1}
    assert HELD_COUNTED in PAIRS
    assert refused not in PAIRS


def test_the_steps_of_a_link_are_seen_although_another_module_takes_them() -> None:
    with remembered() as seen:
        watcher = LinkWatcher.fresh(MonotonicMs(0), LinkTiming())
        watcher.observe(MonotonicMs(60_000), sent=9, acknowledged=0, backlog=0, replica_age_ms=0)
    assert {pair.machine for pair in seen} == {"link"}


def test_afterwards_the_tables_are_the_products_own() -> None:
    with remembered():
        assert MACHINES[0].table == link_table.TRANSITIONS
    assert link_table.TRANSITIONS is MACHINES[0].table
    assert job_lifecycle.TRANSITIONS is MACHINES[1].table
