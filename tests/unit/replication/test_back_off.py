from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from replication.back_off import back_off_ms


@given(failures=st.integers(0, 10**9), seed=st.integers(0, 1_000))
def test_a_pause_grows_to_its_cap_and_never_ends_the_attempts(failures: int, seed: int) -> None:
    longest_ms = min(1_000 * 2 ** min(failures, 20), 60_000)
    pause_ms = back_off_ms(failures, 1_000, 60_000, Random(seed))
    assert longest_ms / 2 <= pause_ms <= longest_ms


def test_two_sites_do_not_wait_the_same() -> None:
    assert len({back_off_ms(3, 1_000, 60_000, Random(seed)) for seed in range(20)}) == 20
