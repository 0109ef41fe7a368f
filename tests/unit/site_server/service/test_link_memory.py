"""A link that goes on after a restart where it was, and that does as it is ordered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from failure_modes.errors import IllegalTransitionError
from failure_modes.vocabulary import LinkEvent, LinkState
from replication.messages import Beat, Welcome
from replication.ports import WallMs
from replication.testing import ManualClock, RecordingLink
from site_server.ports import LinkOrder, LinkStanding
from site_server.service.backlog import Backlog
from site_server.service.watch_link import ReplicaSigns, WatchLink
from tests.unit.site_server.service.watching import TIMING, beaten_up, watching

if TYPE_CHECKING:
    from collections.abc import Callable

LONG_AGO = WallMs(1_000)
WELCOME = Welcome(lineage="0" * 32, txid=1, watermark_seq=0, wall_ms=0)


class Site:
    """A watcher on a clock that the test moves."""

    def __init__(self, *, policy_version: Callable[[], int | None] = lambda: None) -> None:
        self.clock = ManualClock()
        self.link = RecordingLink()
        self.watch = WatchLink(
            link=self.link,
            clock=self.clock,
            backlog=Backlog(()),
            timing=TIMING,
            replica=ReplicaSigns(policy_version=policy_version),
        )

    def order(self, event: LinkEvent, number: int | None = None) -> LinkOrder:
        return LinkOrder(order=event, given_wall_ms=self.clock.wall_ms(), number=number)

    def obey(self, event: LinkEvent, number: int | None = None) -> bool:
        order = self.order(event, number)
        foreseen = self.watch.foresee(order)
        changed = self.watch.obey(order)
        assert self.watch.standing == foreseen
        return changed


@pytest.mark.parametrize("ordered", [LinkState.DRILL, LinkState.FORCED_OFFLINE])
async def test_what_was_ordered_outlives_a_restart_and_good_beats(ordered: LinkState) -> None:
    site = Site()
    standing = LinkStanding(ordered=ordered, offline_since_ms=LONG_AGO, order_number=7)
    site.watch.go_on(standing)
    assert (site.watch.state, site.watch.standing) == (ordered, standing)
    async with watching(site.watch):
        await site.watch.up(WELCOME)
        await beaten_up(site.watch, site.link, site.clock)
    assert (site.watch.state, site.watch.standing) == (ordered, standing)


async def test_an_outage_is_as_old_as_before_the_restart_until_the_link_is_online() -> None:
    site = Site()
    site.watch.go_on(LinkStanding(offline_since_ms=LONG_AGO))
    assert (site.watch.state, site.watch.offline_since_ms) == (LinkState.OFFLINE, LONG_AGO)
    async with watching(site.watch):
        await site.watch.up(WELCOME)
        await beaten_up(site.watch, site.link, site.clock, times=1)
        await site.watch.wait_for(LinkState.RECOVERING)
        assert site.watch.offline_since_ms == LONG_AGO
        await beaten_up(site.watch, site.link, site.clock)
        await site.watch.wait_for(LinkState.ONLINE)
    assert site.watch.standing == LinkStanding()


async def test_a_site_that_was_not_cut_when_it_stopped_is_cut_since_it_started() -> None:
    site = Site()
    site.watch.go_on(LinkStanding(order_number=3))
    started_ms = site.clock.wall_ms()
    assert site.watch.standing == LinkStanding(offline_since_ms=started_ms, order_number=3)


async def test_a_drill_is_an_outage_that_begins_with_the_order_and_beats_go_on() -> None:
    site = Site(policy_version=lambda: 12)
    async with watching(site.watch):
        await site.watch.up(WELCOME)
        await beaten_up(site.watch, site.link, site.clock)
        await site.watch.wait_for(LinkState.ONLINE)
        changed = site.watch.changed
        assert site.obey(LinkEvent.DRILL_STARTED, 5)
        assert changed.is_set()
        assert site.watch.offline_since_ms == site.clock.wall_ms()
        sent = len(site.link.sent)
        await site.link.wait_for_sent(sent + 2)
        beat = site.link.sent[-1]
        assert isinstance(beat, Beat)
        said = (beat.link_state, beat.order_number, beat.policy_version)
        assert said == (LinkState.DRILL, 5, 12)
        assert not site.obey(LinkEvent.DRILL_STARTED, 6)
        assert site.obey(LinkEvent.DRILL_ENDED)
        await site.watch.wait_for(LinkState.OFFLINE)
    assert site.watch.standing.order_number == 6


async def test_an_order_that_is_refused_changes_nothing() -> None:
    site = Site()
    site.obey(LinkEvent.FORCE_STARTED)
    before = site.watch.standing
    drill = site.order(LinkEvent.DRILL_STARTED, 9)
    for ask in (site.watch.foresee, site.watch.obey):
        with pytest.raises(IllegalTransitionError):
            ask(drill)
    assert site.watch.standing == before
    site.watch.pass_over(drill)
    assert site.watch.standing.order_number == 9
    assert site.watch.state is LinkState.FORCED_OFFLINE
