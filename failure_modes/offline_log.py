"""The offline log of a node that prints first and tells later: how full it is, and what then.

Theory of operation. Under `print_and_log_later` a node without a replica notes what it prints until
somebody takes the notes. A log without a bound ends with a full disk in the middle of a record, so:

* There is a bound in records and in bytes. A job is let out only if the largest record still fits,
  so the answer is known before anything is accepted, and what was printed can always be noted.
* Once full, the node holds jobs instead. The mode goes on by itself when notes are taken away.
* The alarm comes early, while somebody can still act, and goes only well below where it came:
  without that gap a log at the brink would ring with each job.

Rejected: to drop the oldest record, or to print without a record once full. Both give paper away
in silence, which is what the mode was chosen to prevent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from failure_modes.errors import PolicyError, check
from failure_modes.raw_shape import keys_problems, number_problem
from failure_modes.routing import provider_action
from failure_modes.vocabulary import Action, ProviderMode, Reason

RECORD_BYTES_MAX: Final = 4_096
"""The largest record: one page of the file system, ten times an ordinary one."""
ALARM_PERCENT: Final = 80
CLEAR_PERCENT: Final = 50


class LogAlarm(StrEnum):
    """What the operator should know about the log."""

    QUIET = "quiet"
    FILLING = "filling"
    FULL = "full"


RANGES: Final[Mapping[str, tuple[int, int, str]]] = {
    "records_max": (1, 1_000_000, "records"),
    "bytes_max": (RECORD_BYTES_MAX, 1_000_000_000, "bytes"),
    "alarm_percent": (1, 100, "percent"),
    "clear_percent": (0, 99, "percent"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLimits:
    """The bounds of one log. Raises PolicyError with all that cannot be."""

    records_max: int = 20_000
    """As many ordinary records as 10 MB hold: a week of a busy print server."""
    bytes_max: int = 10_000_000
    """10 MB: what Windows gives a client for the same purpose."""
    alarm_percent: int = ALARM_PERCENT
    """Fill from which the alarm rings."""
    clear_percent: int = CLEAR_PERCENT
    """Fill below which the alarm ends."""

    def __post_init__(self) -> None:
        found = problems({name: getattr(self, name) for name in RANGES})
        if found:
            raise PolicyError(found)


def problems(raw: Mapping[str, object]) -> list[str]:
    """Return all that is wrong with these bounds as read from JSON; what is missing is built in."""
    named = [
        f"{name}: {problem}"
        for name, (low, high, unit) in RANGES.items()
        if name in raw and (problem := number_problem(raw[name], low, high, unit))
    ]
    alarm, clear = (
        raw.get("alarm_percent", ALARM_PERCENT),
        raw.get("clear_percent", CLEAR_PERCENT),
    )
    if isinstance(alarm, int) and isinstance(clear, int) and clear >= alarm:
        named.append(f"clear_percent: {clear} is not below alarm_percent, {alarm}")
    return keys_problems(raw, (), tuple(RANGES)) + named


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineLog:
    """How full the log is. Count a record at the moment its job is let out, not when written."""

    limits: LogLimits
    records: int = 0
    used_bytes: int = 0
    alarm: LogAlarm = LogAlarm.QUIET

    @property
    def has_room(self) -> bool:
        """Whether one more record fits, however large it becomes."""
        return (
            self.records < self.limits.records_max
            and self.used_bytes + RECORD_BYTES_MAX <= self.limits.bytes_max
        )

    @property
    def fill_percent(self) -> int:
        """How full it is, by records or by bytes, whichever is worse."""
        by_records = self.records * 100 // self.limits.records_max
        return max(by_records, self.used_bytes * 100 // self.limits.bytes_max)

    def added(self, record_bytes: int) -> "OfflineLog":
        """Return the log with one more record."""
        check(self.has_room, "a record was added to a full log")
        check(0 < record_bytes <= RECORD_BYTES_MAX, "a record is larger than the largest record")
        used_bytes = self.used_bytes + record_bytes
        return _rung(replace(self, records=self.records + 1, used_bytes=used_bytes))

    def taken(self, records: int, used_bytes: int) -> "OfflineLog":
        """Return the log after somebody acknowledged so many records of so many bytes."""
        check(0 <= records <= self.records, "more records were taken than there are")
        check(0 <= used_bytes <= self.used_bytes, "more bytes were taken than there are")
        return _rung(
            replace(self, records=self.records - records, used_bytes=self.used_bytes - used_bytes)
        )

    def seen(self, records: int, used_bytes: int) -> "OfflineLog":
        """Return the log as its file says it is now; the alarm goes on from where it was."""
        check(records >= 0 and used_bytes >= 0, "a log never holds less than nothing")
        return _rung(replace(self, records=records, used_bytes=used_bytes))


def _rung(log: OfflineLog) -> OfflineLog:
    """Set the alarm: it rings at one mark and ends at a lower one."""
    return replace(log, alarm=_alarm(log))


def _alarm(log: OfflineLog) -> LogAlarm:
    if not log.has_room:
        return LogAlarm.FULL
    if log.fill_percent >= log.limits.alarm_percent:
        return LogAlarm.FILLING
    if log.alarm is LogAlarm.QUIET or log.fill_percent < log.limits.clear_percent:
        return LogAlarm.QUIET
    return LogAlarm.FILLING


def logged_action(
    mode: ProviderMode, *, user_restricted: bool | None, has_room: bool
) -> tuple[Action, Reason]:
    """Return what a node does by itself under `mode`, and why, knowing whether its log has room."""
    action, reason = provider_action(mode, user_restricted=user_restricted)
    if action is Action.PRINT_AND_LOG_LATER and not has_room:
        return Action.HOLD, Reason.OFFLINE_LOG_FULL
    return action, reason
