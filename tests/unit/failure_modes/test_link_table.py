"""Every pair of the link's table, and what its states promise."""

import pytest

from failure_modes.errors import IllegalTransitionError
from failure_modes.link_table import ORDERED, ORDERS, TRANSITIONS, next_state
from failure_modes.vocabulary import LinkEvent, LinkState

# One row per state, one column per event; "-" is illegal.
EVENTS = [
    "good_beat",
    "beats_lost",
    "suspected",
    "silence",
    "replica_stale",
    "settled",
    "drill_started",
    "drill_ended",
    "force_started",
    "force_ended",
]
F = "forced_offline"
TABLE = {
    "online": f"online degraded degraded offline degraded online drill online {F} online",
    "degraded": f"recovering degraded degraded offline degraded - drill degraded {F} degraded",
    "offline": f"recovering offline offline offline offline - drill offline {F} offline",
    "recovering": "recovering degraded degraded offline recovering online drill recovering "
    f"{F} recovering",
    "drill": f"drill drill drill drill drill - drill offline {F} drill",
    F: f"{F} {F} {F} {F} {F} - - {F} {F} offline",
}
PAIRS = [
    (LinkState(state), LinkEvent(event), target)
    for state, row in TABLE.items()
    for event, target in zip(EVENTS, row.split(), strict=True)
]
NEWS = set(LinkEvent) - ORDERS


def test_the_table_of_this_test_names_every_pair() -> None:
    assert {(state, event) for state, event, _ in PAIRS} == {
        (state, event) for state in LinkState for event in LinkEvent
    }


@pytest.mark.parametrize(("state", "event", "target"), [pair for pair in PAIRS if pair[2] != "-"])
def test_a_legal_event_leads_on(state: LinkState, event: LinkEvent, target: str) -> None:
    assert next_state(state, event) is LinkState(target)


@pytest.mark.parametrize(("state", "event"), [pair[:2] for pair in PAIRS if pair[2] == "-"])
def test_an_illegal_event_raises_and_changes_nothing(state: LinkState, event: LinkEvent) -> None:
    before = dict(TRANSITIONS)

    with pytest.raises(IllegalTransitionError) as caught:
        next_state(state, event)

    assert (caught.value.state, caught.value.event) == (state, event)
    assert before == TRANSITIONS


@pytest.mark.parametrize("state", sorted(ORDERED))
def test_no_news_begins_or_ends_what_an_administrator_ordered(state: LinkState) -> None:
    into = {event for (former, event), to in TRANSITIONS.items() if to is state is not former}
    out = {event for (former, event), to in TRANSITIONS.items() if former is state is not to}

    assert into <= ORDERS
    assert out <= ORDERS


@pytest.mark.parametrize("state", LinkState)
@pytest.mark.parametrize("order", sorted(ORDERS))
def test_an_order_that_comes_twice_changes_nothing_the_second_time(
    state: LinkState, order: LinkEvent
) -> None:
    once = TRANSITIONS.get((state, order))
    if once is not None:
        assert next_state(once, order) is once


@pytest.mark.parametrize("order", [LinkEvent.DRILL_ENDED, LinkEvent.FORCE_ENDED])
def test_what_was_ordered_ends_as_a_real_cut_does(order: LinkEvent) -> None:
    ends = {to for (state, event), to in TRANSITIONS.items() if event is order and to is not state}

    assert ends == {LinkState.OFFLINE}


def test_online_is_reached_only_by_settling() -> None:
    ways = {
        (state, event)
        for (state, event), to in TRANSITIONS.items()
        if to is LinkState.ONLINE is not state
    }

    assert ways == {(LinkState.RECOVERING, LinkEvent.SETTLED)}
