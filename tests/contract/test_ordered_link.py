"""The link of a running site and its double obey orders alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from failure_modes.errors import IllegalTransitionError
from failure_modes.link import ORDERED
from failure_modes.vocabulary import LinkEvent, LinkState
from replication.ports import WallMs
from replication.testing import ManualClock, RecordingLink
from site_server.ports import LinkOrder, LinkStanding
from site_server.service.backlog import Backlog
from site_server.service.watch_link import WatchLink
from site_server.testing import StillLink

if TYPE_CHECKING:
    from collections.abc import Callable

BEGAN_MS = WallMs(1_700_000_000_000)


def watched() -> WatchLink:
    watch = WatchLink(link=RecordingLink(), clock=ManualClock(), backlog=Backlog(()))
    watch.go_on(LinkStanding(offline_since_ms=BEGAN_MS))
    return watch


def still() -> StillLink:
    link = StillLink(LinkState.OFFLINE)
    link.offline_since_ms = BEGAN_MS
    return link


@pytest.fixture(params=[watched, still])
def link(request: pytest.FixtureRequest) -> WatchLink | StillLink:
    make: Callable[[], WatchLink | StillLink] = request.param
    return make()


def order(event: LinkEvent, number: int | None = None) -> LinkOrder:
    return LinkOrder(order=event, given_wall_ms=WallMs(BEGAN_MS + 5), number=number)


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (LinkEvent.DRILL_STARTED, LinkState.DRILL),
        (LinkEvent.FORCE_STARTED, LinkState.FORCED_OFFLINE),
        (LinkEvent.DRILL_ENDED, LinkState.OFFLINE),
        (LinkEvent.FORCE_ENDED, LinkState.OFFLINE),
    ],
)
def test_what_was_foreseen_stands_after_the_order(
    link: WatchLink | StillLink, event: LinkEvent, state: LinkState
) -> None:
    before = link.standing
    foreseen = link.foresee(order(event, 3))
    assert link.standing == before
    assert link.obey(order(event, 3)) is (state is not LinkState.OFFLINE)
    assert (link.state, link.standing) == (state, foreseen)
    assert foreseen == LinkStanding(
        ordered=state if state in ORDERED else None, offline_since_ms=BEGAN_MS, order_number=3
    )


def test_numbers_never_go_back_and_an_order_given_here_has_none(
    link: WatchLink | StillLink,
) -> None:
    link.obey(order(LinkEvent.DRILL_STARTED, 3))
    link.obey(order(LinkEvent.DRILL_ENDED))
    link.pass_over(order(LinkEvent.DRILL_STARTED, 2))
    assert link.standing.order_number == 3


def test_a_drill_inside_a_forced_cut_is_refused(link: WatchLink | StillLink) -> None:
    link.obey(order(LinkEvent.FORCE_STARTED))
    for ask in (link.foresee, link.obey):
        with pytest.raises(IllegalTransitionError):
            ask(order(LinkEvent.DRILL_STARTED, 9))
    assert link.standing.order_number == 0
    assert link.state is LinkState.FORCED_OFFLINE
