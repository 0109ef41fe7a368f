from datetime import UTC, datetime

import pytest

from primary.names import QuotaPeriod
from primary.service.quota_periods import period_at


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("kind", "moment", "name", "begin"),
    [
        (QuotaPeriod.DAY, "2028-02-29T23:59:59.999", "2028-02-29", "2028-02-29T00:00"),
        (QuotaPeriod.DAY, "2028-03-01T00:00:00", "2028-03-01", "2028-03-01T00:00"),
        (QuotaPeriod.MONTH, "2028-02-29T12:00:00", "2028-02", "2028-02-01T00:00"),
        (QuotaPeriod.MONTH, "2027-12-31T23:59:59.999", "2027-12", "2027-12-01T00:00"),
        (QuotaPeriod.MONTH, "2028-01-01T00:00:00", "2028-01", "2028-01-01T00:00"),
        (QuotaPeriod.WEEK, "2027-01-03T23:59:59.999", "2026-W53", "2026-12-28T00:00"),
        (QuotaPeriod.WEEK, "2027-01-04T00:00:00", "2027-W01", "2027-01-04T00:00"),
    ],
)
def test_a_moment_lies_in_one_period_of_each_kind(
    kind: QuotaPeriod, moment: str, name: str, begin: str
) -> None:
    period = period_at(kind, ms(moment))

    assert (period.name, period.begin_ms) == (name, ms(begin))


@pytest.mark.parametrize("kind", QuotaPeriod)
def test_periods_follow_each_other_without_a_gap_through_leap_years(kind: QuotaPeriod) -> None:
    hour_ms, at_ms, end_ms = 3_600_000, ms("2027-12-25T00:00"), ms("2029-01-10T00:00")
    begins: list[int] = []
    while at_ms < end_ms:
        period = period_at(kind, at_ms)
        assert period.begin_ms <= at_ms
        assert period == period_at(kind, period.begin_ms)
        if not begins or begins[-1] != period.begin_ms:
            assert period_at(kind, period.begin_ms - 1) != period
            begins.append(period.begin_ms)
        at_ms += hour_ms

    assert begins == sorted(begins)
