"""The ceiling in numbers; no second passes here."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replication.token_bucket import TokenBucket

BUCKET = TokenBucket(bytes_per_s=1_000, burst_bytes=500)


def test_a_burst_does_not_wait_and_what_follows_it_does() -> None:
    bucket, wait_ms = BUCKET.spent(500, now_ms=0)
    assert wait_ms == 0
    bucket, wait_ms = bucket.spent(250, now_ms=0)
    assert wait_ms == 250


def test_a_quiet_hour_is_worth_one_burst() -> None:
    bucket, _ = BUCKET.spent(2_000, now_ms=0)
    bucket, wait_ms = bucket.spent(600, now_ms=3_600_000)
    assert wait_ms == 100


def test_time_that_passes_is_taken_off() -> None:
    bucket, wait_ms = BUCKET.spent(1_500, now_ms=0)
    assert wait_ms == 1_000
    _, wait_ms = bucket.spent(0, now_ms=400)
    assert wait_ms == 600


@pytest.mark.parametrize(("rate", "burst"), [(0, 1), (-1, 1), (1, -1)])
def test_a_bucket_without_a_rate_is_refused(rate: int, burst: int) -> None:
    with pytest.raises(ValueError, match="rate"):
        TokenBucket(bytes_per_s=rate, burst_bytes=burst)


@given(
    rate=st.integers(1, 10_000_000),
    burst=st.integers(0, 1_000_000),
    pieces=st.lists(st.tuples(st.integers(0, 300_000), st.integers(0, 5_000)), max_size=50),
)
def test_no_span_has_more_than_the_rate_and_one_burst(
    rate: int, burst: int, pieces: list[tuple[int, int]]
) -> None:
    bucket, now_ms = TokenBucket(bytes_per_s=rate, burst_bytes=burst), 0.0
    total = 0
    for size_bytes, idle_ms in pieces:
        bucket, wait_ms = bucket.spent(size_bytes, now_ms)
        now_ms += wait_ms
        total += size_bytes
        assert total <= burst + rate * now_ms / 1_000 + 1
        now_ms += idle_ms
