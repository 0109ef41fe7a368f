"""The moments of an outage at which the rules of a printer change, and what changes then.

An outage changes nothing by itself at any other moment: escalation steps, the warning, the age from
which cards are not believed any more, and the end. What the steps say is read from the policies
that they make, so it counts what they really change and not what they repeat.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from failure_modes.catalogue import money_text
from failure_modes.opening_hours import DAY_MINUTES, DAYS, HOUR_MINUTES, OpeningHours
from failure_modes.policy import CHANGING_FIELDS, Policy

UNITS_MS: Final = (("day", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000))
LISTS: Final = frozenset({"filters", "conversions"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What changes at one printer so long after the cut, in words, each with the layer it is of."""

    after_ms: int
    changes: tuple[str, ...]


def turns(policy: Policy, currency: str) -> Iterator[Turn]:
    """Everything that changes under this policy after the cut itself, earliest first.

    What a step at 0 ms changes is how an outage begins and no turn. What comes after the end
    changes nothing any more.
    """
    found: dict[int, list[str]] = {}
    before = policy.after(0)
    for stage in policy.escalation:
        if stage.after_ms > 0:
            said = _step(before, stage.policy, currency)
            found.setdefault(stage.after_ms, []).extend(said)
        before = stage.policy
    for name, after_ms, words in (
        ("offline_warn_ms", policy.offline_warn_ms, "every decision warns the operator"),
        (
            "credential_age_max_ms",
            policy.credential_age_max_ms,
            "no card and no PIN is believed any more",
        ),
        ("offline_stop_ms", policy.offline_stop_ms, "nothing is let out any more"),
    ):
        found.setdefault(after_ms, []).append(f"{words} ({name}, {policy.layer_of(name)})")
    for after_ms in sorted(found):
        if found[after_ms] and 0 < after_ms <= policy.offline_stop_ms:
            yield Turn(after_ms=after_ms, changes=tuple(found[after_ms]))


def duration_text(span_ms: int) -> str:
    """A time such as "4 h" or "7 days", in the largest unit that divides it."""
    for unit, unit_ms in UNITS_MS:
        if span_ms >= unit_ms and span_ms % unit_ms == 0:
            count = span_ms // unit_ms
            return f"{count} {unit}{'s' if unit == 'day' and count > 1 else ''}"
    return f"{span_ms} ms"


def hours_text(hours: OpeningHours) -> str:
    """Opening hours such as "mon 07:00-19:30, tue 07:00-24:00"; empty where it is always open."""
    windows = zip(hours.firsts, hours.ends, strict=True)
    return ", ".join(part for first, end in windows for part in _by_day(first, end))


def _by_day(first: int, end: int) -> Iterator[str]:
    """One window of the week, day by day: those that touch at midnight have become one."""
    while first < end:
        day = first // DAY_MINUTES
        midnight = (day + 1) * DAY_MINUTES
        until = min(end, midnight) - day * DAY_MINUTES
        yield f"{DAYS[day]} {_clock(first % DAY_MINUTES)}-{_clock(until)}"
        first = midnight


def _clock(minute: int) -> str:
    return f"{minute // HOUR_MINUTES:02}:{minute % HOUR_MINUTES:02}"


def _step(before: Policy, after: Policy, currency: str) -> Iterable[str]:
    for name in CHANGING_FIELDS:
        old, new = getattr(before, name), getattr(after, name)
        if old == new:
            continue
        layer = after.layer_of(name)
        yield f"{name} {_value(name, old, currency)} -> {_value(name, new, currency)} ({layer})"


def _value(name: str, value: object, currency: str) -> str:
    if name in LISTS:
        return f"{len(getattr(value, 'rules', ()))}"
    if isinstance(value, OpeningHours):
        return hours_text(value) or "always open"
    if isinstance(value, int) and name.endswith("_micros"):
        return money_text(value, currency)
    return f"{value}"
