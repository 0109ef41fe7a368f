"""Days, weeks and months in UTC: to which of them a moment belongs."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from primary.names import QuotaPeriod


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One day, week or month: its name, such as 2028-02-29, 2028-W09 or 2028-02, and its start."""

    name: str
    begin_ms: int


def period_at(kind: QuotaPeriod, wall_ms: int) -> Period:
    """The period of this kind that `wall_ms` lies in."""
    day = datetime.fromtimestamp(wall_ms // 1000, UTC).replace(hour=0, minute=0, second=0)
    match kind:
        case QuotaPeriod.DAY:
            return _period(day, f"{day:%Y-%m-%d}")
        case QuotaPeriod.WEEK:
            year, week, _ = day.isocalendar()
            return _period(day - timedelta(days=day.weekday()), f"{year:04d}-W{week:02d}")
        case QuotaPeriod.MONTH:
            return _period(day.replace(day=1), f"{day:%Y-%m}")


def _period(begin: datetime, name: str) -> Period:
    return Period(name=name, begin_ms=int(begin.timestamp()) * 1000)
