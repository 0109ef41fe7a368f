"""The link as a session at a device sees it: as it was when the session began.

Nobody's rules change under their finger. A person who logged in while the line was good goes on by
the rules of a good line until they log out, and a drill begins for everybody at their next login.

The pin has an end, because a session that somebody forgot must not carry an old state through a
whole outage. What it can cost until then is bounded: what the session reserves was decided with
one known state, and the site's own journal already holds it.

Rejected: to wait with a drill until nobody is logged in. A busy branch would never hold one.
"""

from typing import Final

from failure_modes.errors import check
from failure_modes.vocabulary import LinkState

PIN_MAX_MS: Final = 300_000
"""Five minutes: panels log people out by themselves after about three."""


def pinned_state(
    began: LinkState, now: LinkState, session_age_ms: int, pin_max_ms: int = PIN_MAX_MS
) -> LinkState:
    """Return the state that a session of that age is decided by."""
    check(session_age_ms >= 0, "a session began before it began")
    return began if session_age_ms < pin_max_ms else now
