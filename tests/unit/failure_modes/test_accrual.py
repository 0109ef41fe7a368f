"""The accrual detector: what it suspects, and what it forgives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failure_modes.accrual import PHI_MAX, Accrual, AccrualTiming, silence_phi
from failure_modes.errors import BrokenInvariantError, PolicyError
from failure_modes.vocabulary import MonotonicMs

BEAT_MS = 2_000


def after(intervals_ms: list[int], timing: AccrualTiming | None = None) -> Accrual:
    rhythm = Accrual(timing=timing or AccrualTiming()).heard(MonotonicMs(0))
    now_ms = 0
    for interval_ms in intervals_ms:
        now_ms += interval_ms
        rhythm = rhythm.heard(MonotonicMs(now_ms))
    return rhythm


def suspected_after_ms(rhythm: Accrual) -> int:
    """How long a silence this rhythm forgives, to 100 ms."""
    heard_ms = rhythm.heard_ms or 0
    return next(
        silence_ms
        for silence_ms in range(0, 120_000, 100)
        if rhythm.is_suspected(MonotonicMs(heard_ms + silence_ms))
    )


def test_nothing_was_heard_and_nothing_is_suspected() -> None:
    assert Accrual(timing=AccrualTiming()).phi(MonotonicMs(10**9)) == 0


def test_a_few_beats_are_no_rhythm() -> None:
    assert not after([BEAT_MS] * 9).is_suspected(MonotonicMs(10**9))
    assert after([BEAT_MS] * 10).is_suspected(MonotonicMs(10**9))


def test_a_steady_line_is_suspected_between_its_second_and_third_lost_beat() -> None:
    assert 3 * BEAT_MS < suspected_after_ms(after([BEAT_MS] * 50)) < 4 * BEAT_MS


def test_without_the_floor_one_lost_beat_would_be_a_proof_of_death() -> None:
    bare = AccrualTiming(deviation_floor_ms=1)

    assert suspected_after_ms(after([BEAT_MS] * 50, bare)) < 2 * BEAT_MS


def test_an_uneven_line_is_given_more_time() -> None:
    assert suspected_after_ms(after([500, 6_000] * 25)) > 4 * BEAT_MS


def test_an_outage_is_no_rhythm() -> None:
    steady = after([BEAT_MS] * 20)

    assert after([BEAT_MS] * 20 + [10_000]).intervals_ms == steady.intervals_ms


def test_the_oldest_intervals_are_forgotten() -> None:
    rhythm = after([9_000] * 100 + [BEAT_MS] * 100)

    assert rhythm.intervals_ms == (BEAT_MS,) * 100


def test_a_silence_beyond_all_numbers_has_the_greatest_phi() -> None:
    assert after([BEAT_MS] * 20).phi(MonotonicMs(10**9)) == PHI_MAX


def test_time_never_goes_back() -> None:
    with pytest.raises(BrokenInvariantError, match="time went back"):
        after([BEAT_MS]).heard(MonotonicMs(1))


def test_numbers_that_cannot_be_are_refused_all_at_once() -> None:
    with pytest.raises(PolicyError) as caught:
        AccrualTiming(window=0, deviation_floor_ms=0, interval_max_ms=0, phi_suspected=0)

    assert len(caught.value.problems) == 4


intervals = st.lists(st.integers(0, 9_999), min_size=1, max_size=50).map(tuple)
floors = st.integers(1, 10_000)


@given(
    intervals_ms=intervals, floor_ms=floors, silence=st.integers(0, 10**6), more=st.integers(0, 99)
)
def test_law_a_longer_silence_is_never_less_suspicious(
    intervals_ms: tuple[int, ...], floor_ms: int, silence: int, more: int
) -> None:
    shorter = silence_phi(silence, intervals_ms, floor_ms)

    assert 0 <= shorter <= silence_phi(silence + more, intervals_ms, floor_ms) <= PHI_MAX


@given(intervals_ms=intervals, floor_ms=floors, more_ms=st.integers(0, 10_000))
def test_law_a_higher_floor_never_suspects_earlier(
    intervals_ms: tuple[int, ...], floor_ms: int, more_ms: int
) -> None:
    silence_ms = max(intervals_ms) + 1

    assert silence_phi(silence_ms, intervals_ms, floor_ms + more_ms) <= silence_phi(
        silence_ms, intervals_ms, floor_ms
    )


@given(order=st.permutations([1_000, 2_000, 2_500, 4_000]))
def test_law_the_order_of_the_intervals_does_not_matter(order: list[int]) -> None:
    assert silence_phi(9_000, tuple(order), 500) == silence_phi(
        9_000, (1_000, 2_000, 2_500, 4_000), 500
    )
