"""The link: what a site thinks of its way to the primary.

Theory of operation. A site cannot see the WAN, it only sees what comes back through it. So it sends
a numbered beat every two seconds, and the primary acknowledges each one. Out of that, and the
number of journal entries not yet acknowledged, `LinkWatcher` makes events; the table below turns
events into states.

* Down is fast and counts beats. Three lost in a row: degraded. Ten seconds of silence: offline.
  The state delays nobody: it is an input of decisions, and a site decides by itself in any state.
* Up is slow and has to be earned. The first good beat only proves that something got through:
  recovering. Online takes five good beats within fifteen seconds *and* a drained backlog, so that
  "online" also means that the primary has heard of everything.
* A link that comes and goes is worse than one that is gone. Each fall that follows an earlier one
  without a calm time in between doubles the hold-down, the least time to be spent in recovering,
  up to five minutes. A calm time online forgets it.

Two complications. A site that cannot connect sends no beats, so none is lost: silence is measured
by time, not in beats. And a beat that comes back after three later ones were sent is no good beat:
a burst of old answers leaving some queue says nothing about now.

Rejected: one time-out for both directions, which flaps with the WAN; and asking before each
request, which makes people wait. An adaptive detector (phi accrual) would be one more source of
`SILENCE`; fixed numbers come first because an operator can check them with a watch.

Nothing here reads a clock. Times are handed in, and never go back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Self

from failure_modes.errors import IllegalTransitionError, PolicyError, check
from failure_modes.vocabulary import LinkEvent, LinkState, MonotonicMs

TRANSITIONS: Final[Mapping[tuple[LinkState, LinkEvent], LinkState]] = {
    # All is well, and the primary has heard of everything.
    (LinkState.ONLINE, LinkEvent.GOOD_BEAT): LinkState.ONLINE,
    (LinkState.ONLINE, LinkEvent.BEATS_LOST): LinkState.DEGRADED,
    (LinkState.ONLINE, LinkEvent.SILENCE): LinkState.OFFLINE,
    (LinkState.ONLINE, LinkEvent.SETTLED): LinkState.ONLINE,
    # Beats are lost, but not for long yet.
    (LinkState.DEGRADED, LinkEvent.GOOD_BEAT): LinkState.RECOVERING,
    (LinkState.DEGRADED, LinkEvent.BEATS_LOST): LinkState.DEGRADED,
    (LinkState.DEGRADED, LinkEvent.SILENCE): LinkState.OFFLINE,
    # Silence. Only a beat that comes back ends it.
    (LinkState.OFFLINE, LinkEvent.GOOD_BEAT): LinkState.RECOVERING,
    (LinkState.OFFLINE, LinkEvent.BEATS_LOST): LinkState.OFFLINE,
    (LinkState.OFFLINE, LinkEvent.SILENCE): LinkState.OFFLINE,
    # On trial. The only way up is to settle.
    (LinkState.RECOVERING, LinkEvent.GOOD_BEAT): LinkState.RECOVERING,
    (LinkState.RECOVERING, LinkEvent.BEATS_LOST): LinkState.DEGRADED,
    (LinkState.RECOVERING, LinkEvent.SILENCE): LinkState.OFFLINE,
    (LinkState.RECOVERING, LinkEvent.SETTLED): LinkState.ONLINE,
}

UP: Final = frozenset({LinkState.ONLINE, LinkState.RECOVERING})


def next_state(state: LinkState, event: LinkEvent) -> LinkState:
    """Return where `event` leads from `state`; raises IllegalTransitionError where it cannot."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransitionError(state=state, event=event) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTiming:
    """The numbers of the link; the reason of each stands beside it.

    Source: docs/architecture.md, "Decisions" (dwell times and flap damping).
    """

    beat_ms: int = 2_000
    """How often the site sends a beat: a few bytes, and ten of them fit any mobile plan."""
    lost_beats: int = 3
    """Beats in a row without an answer that make the link degraded."""
    offline_ms: int = 10_000
    """Time without a good beat that makes the link offline: five beats."""

    good_beats: int = 5
    """Good beats that recovering takes at least,"""
    good_window_ms: int = 15_000
    """all of them within this time: five beats, and room for two that get lost."""
    backlog_max: int = 0
    """Unacknowledged journal entries that still count as a drained backlog."""

    hold_down_first_ms: int = 10_000
    """Least time in recovering after the second fall in a row; it doubles with each further one,"""
    hold_down_max_ms: int = 300_000
    """but not beyond this: five minutes."""
    calm_ms: int = 600_000
    """Time online without a fall that forgets earlier ones: twice the longest hold-down."""

    def __post_init__(self) -> None:
        problems = [text for holds, text in self._relations() if not holds]
        if problems:
            raise PolicyError(problems)

    def _relations(self) -> tuple[tuple[bool, str], ...]:
        return (
            (self.beat_ms >= 1, "beat_ms: at least 1 ms"),
            (self.lost_beats >= 1, "lost_beats: at least 1"),
            (self.good_beats >= 1, "good_beats: at least 1"),
            (self.backlog_max >= 0, "backlog_max: at least 0 entries"),
            (
                (self.lost_beats + 1) * self.beat_ms <= self.offline_ms,
                "offline_ms: at least (lost_beats + 1) x beat_ms, or degraded is never seen",
            ),
            (
                (self.good_beats - 1) * self.beat_ms <= self.good_window_ms,
                "good_window_ms: at least (good_beats - 1) x beat_ms, or nothing gets online",
            ),
            (
                0 <= self.hold_down_first_ms <= self.hold_down_max_ms <= self.calm_ms,
                "0 <= hold_down_first_ms <= hold_down_max_ms <= calm_ms does not hold",
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkWatcher:
    """What is known of the link at `now_ms`. A fresh site starts offline."""

    timing: LinkTiming
    now_ms: MonotonicMs
    since_ms: MonotonicMs
    """When `state` began."""
    heard_ms: MonotonicMs
    """The newest good beat, or the start."""
    state: LinkState = LinkState.OFFLINE
    sent: int = 0
    acknowledged: int = 0
    good_beats_ms: tuple[MonotonicMs, ...] = ()
    """The newest good beats of this state, oldest first, no more than `timing.good_beats`."""
    hold_down_ms: int = 0

    @classmethod
    def fresh(cls, now_ms: MonotonicMs, timing: LinkTiming | None = None) -> Self:
        """Return the watcher of a site that has heard nothing yet."""
        timing = timing or LinkTiming()
        return cls(timing=timing, now_ms=now_ms, since_ms=now_ms, heard_ms=now_ms)

    @property
    def lost_beats(self) -> int:
        """Beats sent without an answer. The newest is still under way and does not count."""
        return max(self.sent - self.acknowledged - 1, 0)

    def observe(
        self, now_ms: MonotonicMs, *, sent: int, acknowledged: int, backlog: int
    ) -> tuple["LinkWatcher", tuple[LinkEvent, ...]]:
        """Return the watcher as of `now_ms`, and the events that changed its state.

        `sent` and `acknowledged` are the numbers of the newest beat (the first is 1, 0 is none),
        `backlog` is the number of journal entries that the primary has not acknowledged. To report
        the same or older numbers again is harmless. Call it at each beat and at each answer.
        """
        check(now_ms >= self.now_ms, "time went back")
        seen, answered = _count(self, now_ms, sent=sent, acknowledged=acknowledged)
        event = _judge(seen, backlog, answered=answered)
        if event is None:
            return seen, ()
        after = _step(seen, event)
        return after, (event,) if after.state is not seen.state else ()


def _count(
    watcher: LinkWatcher, now_ms: MonotonicMs, *, sent: int, acknowledged: int
) -> tuple[LinkWatcher, bool]:
    """Take over the numbers; return also whether a beat was answered in time."""
    seen = replace(
        watcher,
        now_ms=now_ms,
        sent=max(sent, watcher.sent),
        acknowledged=max(acknowledged, watcher.acknowledged),
    )
    check(seen.acknowledged <= seen.sent, "a beat was acknowledged that was never sent")
    is_news = seen.acknowledged > watcher.acknowledged
    if not is_news or seen.lost_beats >= seen.timing.lost_beats:
        return seen, False
    newest_ms = (*seen.good_beats_ms, now_ms)[-seen.timing.good_beats :]
    return replace(seen, heard_ms=now_ms, good_beats_ms=newest_ms), True


def _judge(seen: LinkWatcher, backlog: int, *, answered: bool) -> LinkEvent | None:
    """Return what the numbers say; the worst news first."""
    if seen.now_ms - seen.heard_ms >= seen.timing.offline_ms:
        return LinkEvent.SILENCE
    if seen.lost_beats >= seen.timing.lost_beats:
        return LinkEvent.BEATS_LOST
    if seen.state is LinkState.RECOVERING and _has_settled(seen, backlog):
        return LinkEvent.SETTLED
    return LinkEvent.GOOD_BEAT if answered else None


def _has_settled(seen: LinkWatcher, backlog: int) -> bool:
    return (
        len(seen.good_beats_ms) == seen.timing.good_beats
        and seen.now_ms - seen.good_beats_ms[0] <= seen.timing.good_window_ms
        and seen.now_ms - seen.since_ms >= seen.hold_down_ms
        and backlog <= seen.timing.backlog_max
    )


def _step(seen: LinkWatcher, event: LinkEvent) -> LinkWatcher:
    """Take the step; a new state begins with its own count of good beats."""
    state = next_state(seen.state, event)
    if state is seen.state:
        return seen
    fell = seen.state in UP and state not in UP
    return replace(
        seen,
        state=state,
        since_ms=seen.now_ms,
        good_beats_ms=seen.good_beats_ms[-1:],
        hold_down_ms=_next_hold_down_ms(seen) if fell else seen.hold_down_ms,
    )


def _next_hold_down_ms(seen: LinkWatcher) -> int:
    """Return the hold-down after a fall: none after a calm time, else twice the last one."""
    time_up_ms = seen.now_ms - seen.since_ms
    if seen.state is LinkState.ONLINE and time_up_ms >= seen.timing.calm_ms:
        return 0
    doubled_ms = max(2 * seen.hold_down_ms, seen.timing.hold_down_first_ms)
    return min(doubled_ms, seen.timing.hold_down_max_ms)
