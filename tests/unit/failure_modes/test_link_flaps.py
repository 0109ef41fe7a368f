"""A link that comes and goes has to wait longer each time."""

from failure_modes.vocabulary import LinkState
from tests.unit.failure_modes.beating_site import BeatingSite, online


def test_the_first_fall_after_a_calm_time_costs_no_hold_down() -> None:
    site = online()
    site.good_beats(300)  # 600 s

    assert site.fall_and_return() == 4 * 2_000


def test_the_hold_down_doubles_with_each_flap_up_to_five_minutes() -> None:
    site = online()

    took_ms = [site.fall_and_return() for _ in range(8)]

    assert took_ms == [10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000]


def test_a_calm_time_online_forgets_the_flaps() -> None:
    site = online()
    for _ in range(4):
        site.fall_and_return()

    site.good_beats(300)

    assert site.fall_and_return() == 8_000
    assert site.fall_and_return() == 10_000


def test_a_time_almost_calm_forgets_nothing() -> None:
    site = online()
    site.fall_and_return()

    site.good_beats(290)

    assert site.fall_and_return() == 20_000


def test_a_relapse_in_recovery_is_a_flap_and_going_from_bad_to_worse_is_not() -> None:
    site = BeatingSite()
    site.good_beats(1)
    assert site.watcher.hold_down_ms == 0

    site.beat_until(LinkState.DEGRADED, answered=False)
    assert site.watcher.hold_down_ms == 10_000
    site.beat_until(LinkState.OFFLINE, answered=False)
    assert site.watcher.hold_down_ms == 10_000


def test_a_long_time_offline_is_not_a_calm_time() -> None:
    site = online()
    for _ in range(3):
        site.fall_and_return()

    site.lost_beats(1_000)
    site.good_beats(1)

    assert site.beat_until(LinkState.ONLINE, answered=True) == 80_000
