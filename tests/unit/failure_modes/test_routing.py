"""Who decides for a node without a replica."""

import pytest

from failure_modes.routing import authority, provider_action
from failure_modes.vocabulary import Action, Authority, ProviderMode, Reason

UNLOGGED = (Action.PRINT_UNLOGGED, Reason.PRINTED_UNLOGGED)
LATER = (Action.PRINT_AND_LOG_LATER, Reason.LOGGED_LATER)
HOLD = (Action.HOLD, Reason.HELD_UNTIL_RECONNECT)


@pytest.mark.parametrize(
    ("reachable", "expected"),
    [
        ({Authority.PRIMARY, Authority.SITE_SERVER}, Authority.PRIMARY),
        ({Authority.PRIMARY}, Authority.PRIMARY),
        ({Authority.SITE_SERVER}, Authority.SITE_SERVER),
        (set(), Authority.PROVIDER_MODE),
    ],
)
def test_the_primary_is_asked_first_then_the_site_then_nobody(
    reachable: set[Authority], expected: Authority
) -> None:
    assert authority(reachable) is expected


@pytest.mark.parametrize("restricted", [True, False, None])
@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (ProviderMode.PRINT_UNLOGGED, UNLOGGED),
        (ProviderMode.PRINT_AND_LOG_LATER, LATER),
        (ProviderMode.HOLD_UNTIL_RECONNECT, HOLD),
    ],
)
def test_a_fixed_mode_treats_all_users_alike(
    mode: ProviderMode, expected: tuple[Action, Reason], restricted: bool | None
) -> None:
    assert provider_action(mode, user_restricted=restricted) == expected


@pytest.mark.parametrize(("restricted", "expected"), [(True, HOLD), (False, LATER), (None, HOLD)])
def test_auto_holds_the_jobs_of_users_whose_money_is_limited_or_unknown(
    restricted: bool | None, expected: tuple[Action, Reason]
) -> None:
    assert provider_action(ProviderMode.AUTO, user_restricted=restricted) == expected
