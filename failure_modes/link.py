"""The link: what a site thinks of its way to the primary.

Theory of operation. A site cannot see the WAN, it only sees what comes back through it. So it sends
a numbered beat every two seconds, and the primary acknowledges each one. Out of that, and the
number of journal entries not yet acknowledged, `LinkWatcher` makes events; the table below turns
events into states.

* Down is fast and counts beats. Three lost in a row: degraded. Ten seconds of silence: offline.
  The state delays nobody: it is an input of decisions, and a site decides by itself in any state.
* A second signal is the age of the replica. A primary whose beats come back but whose changes do
  not arrive is heard, and no longer tells: degraded. The age is measured by the site's own clock,
  from the moment the newest heartbeat row was applied, so that no wrong clock looks like a cut.
* A third one is the rhythm. On a steady line a silence is suspicious before three beats are lost
  (`accrual.py`); the fixed numbers stay beside it, because an operator can check them with a watch.
* Up is slow and has to be earned. The first good beat only proves that something got through:
  recovering. Online takes five good beats within fifteen seconds, a drained backlog *and* a fresh
  replica, so that "online" also means that each side has heard of everything.
* A link that comes and goes is worse than one that is gone. Each fall that follows an earlier one
  without a calm time in between doubles the hold-down, the least time to be spent in recovering,
  up to five minutes. A calm time online forgets it.

Two complications. A site that cannot connect sends no beats, so none is lost: silence is measured
by time, not in beats. And a beat that comes back after three later ones were sent is no good beat:
a burst of old answers leaving some queue says nothing about now.

An administrator may order a drill or a forced cut (`link_table.py`). Neither is a fall: a rehearsal
that made the next recovery slower would not be held twice.

Rejected: one time-out for both directions, which flaps with the WAN; and asking before each
request, which makes people wait.

Nothing here reads a clock. Times are handed in, and never go back.
"""

from dataclasses import dataclass, field, replace
from typing import Self

from failure_modes.accrual import Accrual, AccrualTiming
from failure_modes.errors import PolicyError, check
from failure_modes.link_table import ORDERED, ORDERS, TRANSITIONS, UP, next_state
from failure_modes.vocabulary import LinkEvent, LinkState, MonotonicMs

__all__ = ["ORDERED", "ORDERS", "TRANSITIONS", "UP", "LinkTiming", "LinkWatcher", "next_state"]


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
    """Good beats that lead from recovering to online, at least."""
    good_window_ms: int = 15_000
    """Time within which all good beats have to come: five beats, and room for two that get lost."""
    backlog_max: int = 0
    """Unacknowledged journal entries that still count as a drained backlog."""
    replica_age_max_ms: int = 60_000
    """Age from which a replica is stale: twelve heartbeat rows that did not come."""
    accrual: AccrualTiming = field(default_factory=AccrualTiming)
    """The numbers of the detector that listens to the rhythm."""

    hold_down_first_ms: int = 10_000
    """Least time in recovering after the second fall in a row; it doubles with each further one."""
    hold_down_max_ms: int = 300_000
    """What the least time in recovering never exceeds: five minutes."""
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
            (self.replica_age_max_ms >= 1, "replica_age_max_ms: at least 1 ms"),
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
    rhythm: Accrual = field(default_factory=lambda: Accrual(timing=AccrualTiming()))

    @classmethod
    def fresh(cls, now_ms: MonotonicMs, timing: LinkTiming | None = None) -> Self:
        """Return the watcher of a site that has heard nothing yet."""
        timing = timing or LinkTiming()
        return cls(
            timing=timing,
            now_ms=now_ms,
            since_ms=now_ms,
            heard_ms=now_ms,
            rhythm=Accrual(timing=timing.accrual),
        )

    @property
    def lost_beats(self) -> int:
        """Beats sent without an answer. The newest is still under way and does not count."""
        return max(self.sent - self.acknowledged - 1, 0)

    def observe(
        self,
        now_ms: MonotonicMs,
        *,
        sent: int,
        acknowledged: int,
        backlog: int,
        replica_age_ms: int = 0,
    ) -> tuple["LinkWatcher", tuple[LinkEvent, ...]]:
        """Return the watcher as of `now_ms`, and the events that changed its state.

        `sent` and `acknowledged` are the numbers of the newest beat (the first is 1, 0 is none),
        `backlog` is the number of journal entries that the primary has not acknowledged,
        `replica_age_ms` the time since the newest heartbeat row was applied (0: just now, or nobody
        measures it). To report the same or older numbers again is harmless. Call it at each beat
        and at each answer.
        """
        check(now_ms >= self.now_ms, "time went back")
        seen, answered = _count(self, now_ms, sent=sent, acknowledged=acknowledged)
        is_fresh = replica_age_ms <= seen.timing.replica_age_max_ms
        event = _judge(seen, is_drained=backlog <= seen.timing.backlog_max, is_fresh=is_fresh)
        if event is None and answered:
            event = LinkEvent.GOOD_BEAT
        return _told(seen, event) if event else (seen, ())

    def obey(
        self, now_ms: MonotonicMs, order: LinkEvent
    ) -> tuple["LinkWatcher", tuple[LinkEvent, ...]]:
        """Return the watcher after an administrator's order, and the order if it changed anything.

        Raises IllegalTransitionError for a drill inside a forced cut; nothing is changed then.
        """
        check(order in ORDERS, f"'{order}' is news, not an order")
        check(now_ms >= self.now_ms, "time went back")
        return _told(replace(self, now_ms=now_ms), order)


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
    rhythm = seen.rhythm.heard(now_ms)
    return replace(seen, heard_ms=now_ms, good_beats_ms=newest_ms, rhythm=rhythm), True


def _judge(seen: LinkWatcher, *, is_drained: bool, is_fresh: bool) -> LinkEvent | None:
    """Return what the numbers say, the worst news first, or None for nothing but a beat."""
    if seen.now_ms - seen.heard_ms >= seen.timing.offline_ms:
        return LinkEvent.SILENCE
    if seen.lost_beats >= seen.timing.lost_beats:
        return LinkEvent.BEATS_LOST
    if seen.rhythm.is_suspected(seen.now_ms):
        return LinkEvent.SUSPECTED
    if seen.state is LinkState.ONLINE and not is_fresh:
        return LinkEvent.REPLICA_STALE
    if seen.state is LinkState.RECOVERING and is_drained and is_fresh and _has_settled(seen):
        return LinkEvent.SETTLED
    return None


def _has_settled(seen: LinkWatcher) -> bool:
    return (
        len(seen.good_beats_ms) == seen.timing.good_beats
        and seen.now_ms - seen.good_beats_ms[0] <= seen.timing.good_window_ms
        and seen.now_ms - seen.since_ms >= seen.hold_down_ms
    )


def _told(seen: LinkWatcher, event: LinkEvent) -> tuple[LinkWatcher, tuple[LinkEvent, ...]]:
    """Take the step; tell the event only where it changed the state."""
    after = _step(seen, event)
    return after, (event,) if after.state is not seen.state else ()


def _step(seen: LinkWatcher, event: LinkEvent) -> LinkWatcher:
    """Take the step; a new state begins with its own count of good beats."""
    state = next_state(seen.state, event)
    if state is seen.state:
        return seen
    return replace(
        seen,
        state=state,
        since_ms=seen.now_ms,
        good_beats_ms=seen.good_beats_ms[-1:],
        hold_down_ms=_hold_down_ms(seen, state),
    )


def _hold_down_ms(seen: LinkWatcher, state: LinkState) -> int:
    """Return the hold-down on the way to `state`: only a fall makes it longer.

    A calm time forgets earlier falls, also when an order and no fall ends it.
    """
    if seen.state not in UP or state in UP:
        return seen.hold_down_ms
    time_up_ms = seen.now_ms - seen.since_ms
    if seen.state is LinkState.ONLINE and time_up_ms >= seen.timing.calm_ms:
        return 0
    if state in ORDERED:
        return seen.hold_down_ms
    doubled_ms = max(2 * seen.hold_down_ms, seen.timing.hold_down_first_ms)
    return min(doubled_ms, seen.timing.hold_down_max_ms)
