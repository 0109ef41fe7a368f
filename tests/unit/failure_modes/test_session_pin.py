"""What a session sees of the link."""

import pytest

from failure_modes.errors import BrokenInvariantError
from failure_modes.session_pin import PIN_MAX_MS, pinned_state
from failure_modes.vocabulary import LinkState


@pytest.mark.parametrize("now", LinkState)
@pytest.mark.parametrize("age_ms", [0, 1, PIN_MAX_MS - 1])
def test_a_session_keeps_the_state_that_it_began_with(now: LinkState, age_ms: int) -> None:
    assert pinned_state(LinkState.ONLINE, now, age_ms) is LinkState.ONLINE


@pytest.mark.parametrize("now", LinkState)
def test_a_forgotten_session_does_not_carry_an_old_state_through_an_outage(now: LinkState) -> None:
    assert pinned_state(LinkState.ONLINE, now, PIN_MAX_MS) is now


def test_a_place_may_choose_a_shorter_pin() -> None:
    assert pinned_state(LinkState.ONLINE, LinkState.DRILL, 9, pin_max_ms=9) is LinkState.DRILL


def test_a_session_of_less_than_no_age_is_a_defect_of_the_caller() -> None:
    with pytest.raises(BrokenInvariantError):
        pinned_state(LinkState.ONLINE, LinkState.ONLINE, -1)
