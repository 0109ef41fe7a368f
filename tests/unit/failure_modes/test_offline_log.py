"""The bounded log of a node that prints first and tells later."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failure_modes.errors import BrokenInvariantError, PolicyError
from failure_modes.offline_log import (
    RECORD_BYTES_MAX,
    LogAlarm,
    LogLimits,
    OfflineLog,
    logged_action,
    problems,
)
from failure_modes.routing import provider_action
from failure_modes.vocabulary import Action, ProviderMode, Reason

TEN = LogLimits(records_max=10)


def filled(records: int, limits: LogLimits = TEN, record_bytes: int = 500) -> OfflineLog:
    log = OfflineLog(limits=limits)
    for _ in range(records):
        log = log.added(record_bytes)
    return log


def test_a_log_that_is_looked_at_again_goes_on_ringing_until_it_is_well_below() -> None:
    rung = OfflineLog(limits=TEN).seen(8, 4_000)
    assert (rung.alarm, rung.seen(5, 2_500).alarm) == (LogAlarm.FILLING, LogAlarm.FILLING)
    assert rung.seen(4, 2_000).alarm is LogAlarm.QUIET
    assert rung.seen(10, 5_000).alarm is LogAlarm.FULL


@pytest.mark.parametrize("counted", [(-1, 0), (0, -1)])
def test_a_log_never_holds_less_than_nothing(counted: tuple[int, int]) -> None:
    with pytest.raises(BrokenInvariantError, match="less than nothing"):
        OfflineLog(limits=TEN).seen(*counted)


# Bounds


def test_a_log_takes_as_many_records_as_allowed_and_no_more() -> None:
    assert filled(9).has_room
    assert not filled(10).has_room


def test_a_log_is_full_while_the_largest_record_would_not_fit() -> None:
    room_for_two = LogLimits(bytes_max=2 * RECORD_BYTES_MAX)

    assert filled(1, room_for_two, RECORD_BYTES_MAX).has_room
    assert not filled(2, room_for_two, RECORD_BYTES_MAX).has_room
    assert not filled(1, LogLimits(bytes_max=2 * RECORD_BYTES_MAX - 1), RECORD_BYTES_MAX).has_room


def test_a_record_beyond_the_bound_is_a_defect_of_the_caller() -> None:
    with pytest.raises(BrokenInvariantError, match="full log"):
        filled(10).added(1)


@pytest.mark.parametrize("record_bytes", [0, RECORD_BYTES_MAX + 1])
def test_a_record_has_a_size_that_was_reckoned_with(record_bytes: int) -> None:
    with pytest.raises(BrokenInvariantError, match="largest record"):
        filled(0).added(record_bytes)


@pytest.mark.parametrize("taken", [(-1, 0), (4, 0), (0, -1), (0, 1_501)])
def test_no_more_is_taken_than_was_noted(taken: tuple[int, int]) -> None:
    with pytest.raises(BrokenInvariantError, match="were taken"):
        filled(3).taken(*taken)


# Alarm


@pytest.mark.parametrize(
    ("records", "alarm"),
    [
        (0, LogAlarm.QUIET),
        (7, LogAlarm.QUIET),
        (8, LogAlarm.FILLING),
        (9, LogAlarm.FILLING),
        (10, LogAlarm.FULL),
    ],
)
def test_the_alarm_comes_while_somebody_can_still_act(records: int, alarm: LogAlarm) -> None:
    assert filled(records).alarm is alarm


def test_the_alarm_goes_only_well_below_where_it_came() -> None:
    log = filled(8)

    assert log.taken(3, 1_500).alarm is LogAlarm.FILLING
    assert log.taken(4, 2_000).alarm is LogAlarm.QUIET


def test_a_full_log_from_which_little_was_taken_is_still_filling() -> None:
    assert filled(10).taken(5, 2_500).alarm is LogAlarm.FILLING


def test_bytes_ring_as_well_as_records() -> None:
    limits = LogLimits(bytes_max=10 * RECORD_BYTES_MAX)

    assert filled(8, limits, RECORD_BYTES_MAX).alarm is LogAlarm.FILLING


# What the node does


@pytest.mark.parametrize("mode", ProviderMode)
@pytest.mark.parametrize("restricted", [True, False, None])
def test_room_in_the_log_leaves_the_mode_as_it_is(
    mode: ProviderMode, restricted: bool | None
) -> None:
    assert logged_action(mode, user_restricted=restricted, has_room=True) == provider_action(
        mode, user_restricted=restricted
    )


@pytest.mark.parametrize("mode", [ProviderMode.PRINT_AND_LOG_LATER, ProviderMode.AUTO])
def test_a_full_log_holds_what_would_have_been_noted(mode: ProviderMode) -> None:
    assert logged_action(mode, user_restricted=False, has_room=False) == (
        Action.HOLD,
        Reason.OFFLINE_LOG_FULL,
    )


@pytest.mark.parametrize("mode", [ProviderMode.PRINT_UNLOGGED, ProviderMode.HOLD_UNTIL_RECONNECT])
def test_a_full_log_does_not_touch_what_is_never_noted(mode: ProviderMode) -> None:
    assert logged_action(mode, user_restricted=True, has_room=False) == provider_action(
        mode, user_restricted=True
    )


# Settings


def test_the_built_in_bounds_are_in_order() -> None:
    assert problems({}) == []
    assert LogLimits().bytes_max == 10_000_000


def test_bounds_that_cannot_be_are_named_all_at_once() -> None:
    raw = {
        "records_max": 0,
        "bytes_max": "much",
        "alarm_percent": 40,
        "clear_percent": 40,
        "size": 1,
    }

    assert len(problems(raw)) == 4
    with pytest.raises(PolicyError):
        LogLimits(records_max=0)


def test_what_is_no_number_is_not_compared() -> None:
    assert len(problems({"alarm_percent": "high"})) == 1


@given(moves=st.lists(st.one_of(st.integers(1, RECORD_BYTES_MAX), st.integers(-9, 0)), max_size=60))
def test_law_a_log_never_passes_its_bounds_and_full_means_no_room(moves: list[int]) -> None:
    log = OfflineLog(limits=LogLimits(records_max=9, bytes_max=5 * RECORD_BYTES_MAX))
    for move in moves:
        if move > 0 and log.has_room:
            log = log.added(move)
        elif move <= 0 and log.records:
            records = min(-move, log.records)
            log = log.taken(records, log.used_bytes * records // log.records)

        assert log.records <= log.limits.records_max
        assert log.used_bytes <= log.limits.bytes_max
        assert (log.alarm is LogAlarm.FULL) is not log.has_room
