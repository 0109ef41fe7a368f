"""The link: the watcher driven beat by beat."""

import pytest

from failure_modes.errors import BrokenInvariantError, PolicyError
from failure_modes.link import LinkTiming
from failure_modes.vocabulary import LinkEvent, LinkState
from tests.unit.failure_modes.beating_site import BeatingSite, online

# Going up


def test_a_fresh_site_is_offline_and_stays_so_until_it_hears_something() -> None:
    site = BeatingSite()
    site.observe()
    site.lost_beats(20)

    site.expect(LinkState.OFFLINE)
    assert site.events == []


def test_the_first_good_beat_begins_recovery_and_the_fifth_ends_it() -> None:
    site = BeatingSite()

    site.good_beats(1)
    site.expect(LinkState.RECOVERING)
    site.good_beats(3)
    site.expect(LinkState.RECOVERING)
    site.good_beats(1)
    site.expect(LinkState.ONLINE)
    assert site.events == [LinkEvent.GOOD_BEAT, LinkEvent.SETTLED]


def test_a_backlog_keeps_the_link_in_recovery_until_it_is_drained() -> None:
    site = BeatingSite()
    site.good_beats(9, backlog=1)
    site.expect(LinkState.RECOVERING)

    site.observe(backlog=0)

    site.expect(LinkState.ONLINE)


def test_a_busy_site_may_call_a_small_backlog_drained() -> None:
    site = BeatingSite(LinkTiming(backlog_max=10))
    site.good_beats(4, backlog=10)

    site.beat(answered=True, backlog=11)
    site.expect(LinkState.RECOVERING)
    site.beat(answered=True, backlog=10)
    site.expect(LinkState.ONLINE)


def test_five_good_beats_that_take_longer_than_the_window_do_not_settle() -> None:
    site = BeatingSite()
    for _ in range(7):
        site.good_beats(1)
        site.lost_beats(1)  # A good beat every 4 s: five of them take 16 s.

    site.expect(LinkState.RECOVERING)


def test_five_good_beats_with_two_lost_among_them_settle() -> None:
    site = BeatingSite()
    for answered in (True, True, False, True, False, True, True):
        site.beat(answered=answered)

    site.expect(LinkState.ONLINE)


# Going down


def test_two_lost_beats_are_nothing() -> None:
    site = online()
    site.lost_beats(3)  # The third one is still under way.

    site.expect(LinkState.ONLINE)


def test_three_lost_beats_degrade_and_ten_seconds_of_silence_end_the_link() -> None:
    site = online()

    assert site.beat_until(LinkState.DEGRADED, answered=False) == 8_000
    assert site.beat_until(LinkState.OFFLINE, answered=False) == 2_000
    assert site.events == [LinkEvent.BEATS_LOST, LinkEvent.SILENCE]


def test_a_site_that_cannot_even_send_a_beat_goes_offline_by_time() -> None:
    site = online()
    site.observe(9_999)
    site.expect(LinkState.ONLINE)

    site.observe(1)

    site.expect(LinkState.OFFLINE)
    assert site.events == [LinkEvent.SILENCE]


def test_a_degraded_link_has_to_earn_its_way_back_too() -> None:
    site = online()
    site.beat_until(LinkState.DEGRADED, answered=False)

    site.good_beats(1)

    site.expect(LinkState.RECOVERING)


@pytest.mark.parametrize("lost", [LinkState.DEGRADED, LinkState.OFFLINE])
def test_a_link_in_recovery_falls_as_fast_as_an_online_one(lost: LinkState) -> None:
    site = BeatingSite()
    site.good_beats(2)

    site.beat_until(lost, answered=False)
    site.good_beats(4)

    site.expect(LinkState.RECOVERING)  # The two beats before the fall do not count.


# Late and repeated news


def test_the_same_numbers_again_change_nothing() -> None:
    site = online()
    before = site.watcher

    site.observe()

    assert site.watcher == before


def test_numbers_older_than_those_known_are_ignored() -> None:
    site = online()

    watcher, events = site.watcher.observe(site.watcher.now_ms, sent=1, acknowledged=0, backlog=0)

    assert (watcher, events) == (site.watcher, ())


def test_an_answer_that_is_three_beats_late_is_no_good_beat() -> None:
    site = BeatingSite()
    site.lost_beats(6)

    site.acknowledged = 2  # 3, 4 and 5 are lost, 6 is under way.
    site.observe()
    site.expect(LinkState.OFFLINE)
    site.acknowledged = 4
    site.observe()
    site.expect(LinkState.RECOVERING)


def test_a_slow_link_is_a_good_link() -> None:
    site = BeatingSite()
    for _ in range(12):  # Each answer comes two beats late.
        site.sent += 1
        site.acknowledged = max(site.sent - 2, 0)
        site.observe(2_000)

    site.expect(LinkState.ONLINE)


# Illegal input


def test_time_never_goes_back() -> None:
    site = online()

    with pytest.raises(BrokenInvariantError, match="time went back"):
        site.observe(-1)


def test_a_beat_that_was_never_sent_cannot_be_acknowledged() -> None:
    site = online()
    before = site.watcher
    site.acknowledged = site.sent + 1

    with pytest.raises(BrokenInvariantError, match="never sent"):
        site.observe()
    assert site.watcher is before


def test_numbers_that_contradict_each_other_are_refused_all_at_once() -> None:
    with pytest.raises(PolicyError) as caught:
        LinkTiming(
            beat_ms=0,
            lost_beats=0,
            good_beats=0,
            backlog_max=-1,
            replica_age_max_ms=0,
            offline_ms=-1,
            good_window_ms=-1,
            calm_ms=1,
        )

    assert len(caught.value.problems) == 8
