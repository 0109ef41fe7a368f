"""A site that sends beats, for the tests of the link."""

import pytest

from failure_modes.link import LinkTiming, LinkWatcher
from failure_modes.vocabulary import LinkEvent, LinkState, MonotonicMs

START_MS = MonotonicMs(7_000_000)


class BeatingSite:
    """A site that beats every `beat_ms`; its answers take no time at all."""

    def __init__(self, timing: LinkTiming | None = None) -> None:
        self.watcher = LinkWatcher.fresh(START_MS, timing)
        self.sent = 0
        self.acknowledged = 0
        self.replica_age_ms = 0
        self.events: list[LinkEvent] = []

    @property
    def state(self) -> LinkState:
        return self.watcher.state

    @property
    def time_ms(self) -> int:
        return self.watcher.now_ms - START_MS

    def observe(self, wait_ms: int = 0, backlog: int = 0) -> None:
        self.watcher, events = self.watcher.observe(
            MonotonicMs(self.watcher.now_ms + wait_ms),
            sent=self.sent,
            acknowledged=self.acknowledged,
            backlog=backlog,
            replica_age_ms=self.replica_age_ms,
        )
        self.events += events

    def obey(self, order: LinkEvent, wait_ms: int = 0) -> None:
        now_ms = MonotonicMs(self.watcher.now_ms + wait_ms)
        self.watcher, events = self.watcher.obey(now_ms, order)
        self.events += events

    def expect(self, state: LinkState) -> None:
        assert self.state is state

    def beat(self, *, answered: bool, backlog: int = 0) -> None:
        self.sent += 1
        self.acknowledged = self.sent if answered else self.acknowledged
        self.observe(self.watcher.timing.beat_ms, backlog)

    def good_beats(self, count: int, backlog: int = 0) -> None:
        for _ in range(count):
            self.beat(answered=True, backlog=backlog)

    def lost_beats(self, count: int) -> None:
        for _ in range(count):
            self.beat(answered=False)

    def beat_until(self, state: LinkState, *, answered: bool) -> int:
        """Beat until `state` is reached; return the time that took."""
        begin_ms = self.time_ms
        for _ in range(1_000):
            self.beat(answered=answered)
            if self.state is state:
                return self.time_ms - begin_ms
        pytest.fail(f"never {state}")

    def fall_and_return(self) -> int:
        """Fall silent, come back; return the time spent in recovering."""
        self.beat_until(LinkState.OFFLINE, answered=False)
        self.good_beats(1)
        return self.beat_until(LinkState.ONLINE, answered=True)


def online(timing: LinkTiming | None = None) -> BeatingSite:
    site = BeatingSite(timing)
    site.good_beats(5)
    site.expect(LinkState.ONLINE)
    site.events.clear()
    return site
