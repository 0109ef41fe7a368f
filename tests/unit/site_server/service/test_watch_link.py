"""Beats out, answers in, a state that people can rely on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from failure_modes.vocabulary import LinkState
from replication.messages import Ack, Beat, BeatAck, Welcome
from replication.testing import ManualClock, RecordingLink
from site_server.service.backlog import Backlog
from site_server.service.watch_link import LinkChange, ReplicaSigns, WatchLink
from tests.unit.site_server.service.watching import TIMING, watching

WELCOME = Welcome(lineage="0" * 32, txid=1, watermark_seq=0, wall_ms=0)


@dataclass(slots=True)
class Stream:
    wanted: int = 0
    done: int = 0


class Site:
    """A watcher on a clock that the test moves, and a link that records."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.link = RecordingLink()
        self.stream = Stream()
        self.replica_age_ms = 0
        self.watch = WatchLink(
            link=self.link,
            clock=self.clock,
            backlog=Backlog((self.stream,)),
            timing=TIMING,
            replica=ReplicaSigns(age_ms=lambda: self.replica_age_ms),
        )

    async def next_beat(self) -> Beat:
        """The next beat that goes out."""
        await self.link.wait_for_sent(len(self.link.sent) + 1)
        beat = self.link.sent[-1]
        assert isinstance(beat, Beat)
        return beat

    async def answer_next(self) -> None:
        beat = await self.next_beat()
        self.clock.advance(TIMING.beat_ms)
        await self.watch.heard(BeatAck(number=beat.number))


async def test_a_fresh_site_is_offline_and_comes_up_with_good_beats() -> None:
    site = Site()
    assert site.watch.state is LinkState.OFFLINE
    async with watching(site.watch):
        await site.watch.up(WELCOME)
        for _ in range(5):
            await site.answer_next()
        await site.watch.wait_for(LinkState.ONLINE)
    states = [change.state for change in site.watch.history]
    assert states == [LinkState.OFFLINE, LinkState.RECOVERING, LinkState.ONLINE]


async def test_a_connection_is_beaten_at_once_and_numbers_go_on() -> None:
    site = Site()
    async with watching(site.watch):
        await site.watch.up(WELCOME)
        first = await site.next_beat()
        site.watch.down()
        await site.watch.up(WELCOME)
        second = await site.next_beat()
    assert second.number > first.number


async def test_without_a_connection_no_beat_goes_out() -> None:
    site = Site()
    async with watching(site.watch):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5 * TIMING.beat_ms / 1000):
                await site.link.wait_for_sent(1)


async def test_a_backlog_keeps_the_link_recovering() -> None:
    site = Site()
    site.stream.wanted = 5
    async with watching(site.watch):
        await site.watch.up(WELCOME)
        for _ in range(6):
            await site.answer_next()
        assert site.watch.state is LinkState.RECOVERING
        site.stream.done = 5
        await site.answer_next()
        await site.watch.wait_for(LinkState.ONLINE)


async def test_lost_beats_degrade_the_link_and_silence_ends_it() -> None:
    site = Site()
    async with watching(site.watch):
        await site.watch.up(WELCOME)
        for _ in range(5):
            await site.answer_next()
        await site.watch.wait_for(LinkState.ONLINE)
        await site.watch.wait_for(LinkState.DEGRADED)
        site.clock.advance(TIMING.offline_ms)
        await site.watch.wait_for(LinkState.OFFLINE)


async def test_a_replica_that_nothing_new_reaches_degrades_the_link() -> None:
    site = Site()
    async with watching(site.watch):
        await site.watch.up(WELCOME)
        for _ in range(5):
            await site.answer_next()
        await site.watch.wait_for(LinkState.ONLINE)
        site.replica_age_ms = TIMING.replica_age_max_ms + 1
        await site.answer_next()
        await site.watch.wait_for(LinkState.DEGRADED)


async def test_an_outage_begins_with_the_last_moment_online_and_ends_with_the_next() -> None:
    site = Site()
    assert site.watch.offline_since_ms == site.clock.wall_ms()
    async with watching(site.watch):
        await site.watch.up(WELCOME)
        for _ in range(5):
            await site.answer_next()
        await site.watch.wait_for(LinkState.ONLINE)
        assert site.watch.offline_since_ms is None
        left_ms = site.clock.wall_ms()
        await site.watch.wait_for(LinkState.DEGRADED)
        assert site.watch.offline_since_ms is None  # nobody is cut off yet
        site.clock.advance(TIMING.offline_ms)
        await site.watch.wait_for(LinkState.OFFLINE)
        assert site.watch.offline_since_ms == left_ms
        await site.answer_next()
        await site.watch.wait_for(LinkState.RECOVERING)
        assert site.watch.offline_since_ms == left_ms
        for _ in range(4):
            await site.answer_next()
        await site.watch.wait_for(LinkState.ONLINE)
        assert site.watch.offline_since_ms is None


async def test_an_answer_to_a_beat_that_was_never_sent_says_nothing() -> None:
    site = Site()
    await site.watch.heard(BeatAck(number=99))
    await site.watch.heard(Ack(seq=1))
    assert site.watch.state is LinkState.OFFLINE
    assert site.watch.history == (
        LinkChange(wall_ms=site.clock.wall_ms(), state=LinkState.OFFLINE),
    )


async def test_a_pipe_that_is_full_does_not_delay_the_judgement() -> None:
    class Full(RecordingLink):
        async def send(self, message: object) -> bool:
            del message
            await asyncio.Event().wait()
            return True

    site = Site()
    site.watch = WatchLink(link=Full(), clock=site.clock, backlog=Backlog(()), timing=TIMING)
    async with watching(site.watch):
        await site.watch.up(WELCOME)
        await asyncio.sleep(0)
        site.clock.advance(TIMING.offline_ms)
        await site.watch.wait_for(LinkState.OFFLINE)
