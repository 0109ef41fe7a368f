"""Drills, forced cuts, the age of the replica and the rhythm, seen through the watcher."""

import pytest

from failure_modes.accrual import AccrualTiming
from failure_modes.errors import BrokenInvariantError, IllegalTransitionError
from failure_modes.link import LinkTiming
from failure_modes.vocabulary import LinkEvent, LinkState
from tests.unit.failure_modes.beating_site import BeatingSite, online

STALE_MS = 60_001

# Orders


def test_a_drill_lasts_whatever_the_line_says_until_it_is_ended() -> None:
    site = online()
    site.obey(LinkEvent.DRILL_STARTED)
    site.good_beats(20)
    site.lost_beats(20)
    site.good_beats(20)
    site.expect(LinkState.DRILL)

    site.obey(LinkEvent.DRILL_ENDED)

    site.expect(LinkState.OFFLINE)
    assert site.events == [LinkEvent.DRILL_STARTED, LinkEvent.DRILL_ENDED]


def test_after_a_drill_the_site_comes_back_as_after_a_first_cut() -> None:
    site = online()
    site.obey(LinkEvent.DRILL_STARTED)
    site.good_beats(20)
    site.obey(LinkEvent.DRILL_ENDED)

    site.good_beats(1)
    site.expect(LinkState.RECOVERING)

    assert site.beat_until(LinkState.ONLINE, answered=True) == 4 * 2_000


def test_a_drill_is_no_flap() -> None:
    site = online()
    site.fall_and_return()
    assert site.watcher.hold_down_ms == 10_000

    site.obey(LinkEvent.DRILL_STARTED)

    assert site.watcher.hold_down_ms == 10_000


def test_a_calm_time_before_a_drill_still_forgets_earlier_falls() -> None:
    site = online()
    site.fall_and_return()
    site.good_beats(300)

    site.obey(LinkEvent.DRILL_STARTED)

    assert site.watcher.hold_down_ms == 0


def test_a_forced_cut_ends_a_drill_and_is_ended_by_its_own_order_only() -> None:
    site = online()
    site.obey(LinkEvent.DRILL_STARTED)
    site.obey(LinkEvent.FORCE_STARTED)
    site.obey(LinkEvent.DRILL_ENDED)
    site.expect(LinkState.FORCED_OFFLINE)

    site.obey(LinkEvent.FORCE_ENDED)

    site.expect(LinkState.OFFLINE)


def test_a_drill_inside_a_forced_cut_is_refused_and_nothing_changes() -> None:
    site = online()
    site.obey(LinkEvent.FORCE_STARTED)
    before = site.watcher

    with pytest.raises(IllegalTransitionError):
        site.obey(LinkEvent.DRILL_STARTED)
    assert site.watcher is before


def test_an_order_repeated_tells_nothing() -> None:
    site = online()
    site.obey(LinkEvent.DRILL_STARTED)
    site.events.clear()

    site.obey(LinkEvent.DRILL_STARTED)

    assert site.events == []


def test_news_is_no_order() -> None:
    with pytest.raises(BrokenInvariantError, match="news"):
        online().obey(LinkEvent.SETTLED)


def test_an_order_from_the_past_is_a_defect_of_the_caller() -> None:
    with pytest.raises(BrokenInvariantError, match="time went back"):
        online().obey(LinkEvent.DRILL_STARTED, wait_ms=-1)


# The age of the replica


def test_a_stale_replica_degrades_a_site_whose_beats_come_back() -> None:
    site = online()
    site.replica_age_ms = STALE_MS

    site.good_beats(1)

    site.expect(LinkState.DEGRADED)
    assert site.events == [LinkEvent.REPLICA_STALE]


def test_an_almost_stale_replica_is_fresh() -> None:
    site = online()
    site.replica_age_ms = STALE_MS - 1
    site.good_beats(1)

    site.expect(LinkState.ONLINE)


def test_a_site_waits_in_recovery_for_its_replica_and_does_not_flap() -> None:
    site = online()
    site.replica_age_ms = STALE_MS
    site.good_beats(200)
    site.expect(LinkState.RECOVERING)
    assert site.events == [LinkEvent.REPLICA_STALE, LinkEvent.GOOD_BEAT]

    site.replica_age_ms = 0
    site.observe()

    site.expect(LinkState.ONLINE)


# The rhythm


def quick_to_suspect() -> LinkTiming:
    return LinkTiming(
        lost_beats=4, offline_ms=12_000, accrual=AccrualTiming(deviation_floor_ms=400)
    )


def test_a_steady_line_that_falls_silent_is_suspected_before_the_beats_are_counted() -> None:
    site = online(quick_to_suspect())
    site.good_beats(20)

    assert site.beat_until(LinkState.DEGRADED, answered=False) == 3 * 2_000
    assert site.events == [LinkEvent.SUSPECTED]


def test_an_uneven_line_is_not_suspected_for_the_same_silence() -> None:
    site = online(quick_to_suspect())
    for _ in range(20):
        site.good_beats(1)
        site.lost_beats(2)
    site.expect(LinkState.ONLINE)


def test_a_site_without_a_rhythm_counts_beats() -> None:
    site = BeatingSite(quick_to_suspect())
    site.good_beats(5)

    assert site.beat_until(LinkState.DEGRADED, answered=False) == 10_000
