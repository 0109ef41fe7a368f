"""Who decides for a node without a replica, and what it does when nobody answers.

A secondary asks the primary, then its site server, and only then falls back on the failure mode
of the printer. A site server has a replica and never comes here.
"""

from collections.abc import Collection, Mapping
from typing import Final

from failure_modes.vocabulary import Action, Authority, ProviderMode, Reason

ASKING_ORDER: Final = (Authority.PRIMARY, Authority.SITE_SERVER)

OUTCOMES: Final[Mapping[ProviderMode, tuple[Action, Reason]]] = {
    ProviderMode.PRINT_UNLOGGED: (Action.PRINT_UNLOGGED, Reason.PRINTED_UNLOGGED),
    ProviderMode.PRINT_AND_LOG_LATER: (Action.PRINT_AND_LOG_LATER, Reason.LOGGED_LATER),
    ProviderMode.HOLD_UNTIL_RECONNECT: (Action.HOLD, Reason.HELD_UNTIL_RECONNECT),
}


def authority(reachable: Collection[Authority]) -> Authority:
    """Return who decides: the first that answers, else the printer's failure mode."""
    answering = (asked for asked in ASKING_ORDER if asked in reachable)
    return next(answering, Authority.PROVIDER_MODE)


def provider_action(mode: ProviderMode, *, user_restricted: bool | None) -> tuple[Action, Reason]:
    """Return what a node does by itself under `mode`, and why.

    `auto` holds the jobs of restricted users and prints and logs later for the others. A user of
    whom nothing is known (None) counts as restricted: a held job can still be printed, money that
    was never there cannot be collected.
    """
    if mode is not ProviderMode.AUTO:
        return OUTCOMES[mode]
    if user_restricted is False:
        return OUTCOMES[ProviderMode.PRINT_AND_LOG_LATER]
    return OUTCOMES[ProviderMode.HOLD_UNTIL_RECONNECT]
