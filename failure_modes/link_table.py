"""The states of the link, as a table.

Two kinds of events meet here. *News* is what a site noticed; it may come late or twice, and then it
changes nothing: a self-loop. *Orders* come from an administrator and are replicated rows, so they
come twice as well. While a drill or a forced cut lasts, news is heard and changes nothing.

* A drill and a forced cut end as a real cut does: offline, and a good beat begins the recovery.
  Coming back at once would rehearse something that never happens.
* A forced cut is stronger than a drill. Starting a drill inside one is the only order refused: its
  report would describe the cut and call it a rehearsal.
* A stale replica takes a site from online to degraded, although its beats come back: it can still
  be heard, but it no longer hears. On the way up it is only one more thing to wait for.
"""

from collections.abc import Mapping
from typing import Final

from failure_modes.errors import IllegalTransitionError
from failure_modes.vocabulary import LinkEvent, LinkState

TRANSITIONS: Final[Mapping[tuple[LinkState, LinkEvent], LinkState]] = {
    # All is well, and the primary has heard of everything.
    (LinkState.ONLINE, LinkEvent.GOOD_BEAT): LinkState.ONLINE,
    (LinkState.ONLINE, LinkEvent.BEATS_LOST): LinkState.DEGRADED,
    (LinkState.ONLINE, LinkEvent.SUSPECTED): LinkState.DEGRADED,
    (LinkState.ONLINE, LinkEvent.SILENCE): LinkState.OFFLINE,
    (LinkState.ONLINE, LinkEvent.REPLICA_STALE): LinkState.DEGRADED,
    (LinkState.ONLINE, LinkEvent.SETTLED): LinkState.ONLINE,
    (LinkState.ONLINE, LinkEvent.DRILL_STARTED): LinkState.DRILL,
    (LinkState.ONLINE, LinkEvent.DRILL_ENDED): LinkState.ONLINE,
    (LinkState.ONLINE, LinkEvent.FORCE_STARTED): LinkState.FORCED_OFFLINE,
    (LinkState.ONLINE, LinkEvent.FORCE_ENDED): LinkState.ONLINE,
    # Beats are lost, but not for long yet; or the replica stands still.
    (LinkState.DEGRADED, LinkEvent.GOOD_BEAT): LinkState.RECOVERING,
    (LinkState.DEGRADED, LinkEvent.BEATS_LOST): LinkState.DEGRADED,
    (LinkState.DEGRADED, LinkEvent.SUSPECTED): LinkState.DEGRADED,
    (LinkState.DEGRADED, LinkEvent.SILENCE): LinkState.OFFLINE,
    (LinkState.DEGRADED, LinkEvent.REPLICA_STALE): LinkState.DEGRADED,
    (LinkState.DEGRADED, LinkEvent.DRILL_STARTED): LinkState.DRILL,
    (LinkState.DEGRADED, LinkEvent.DRILL_ENDED): LinkState.DEGRADED,
    (LinkState.DEGRADED, LinkEvent.FORCE_STARTED): LinkState.FORCED_OFFLINE,
    (LinkState.DEGRADED, LinkEvent.FORCE_ENDED): LinkState.DEGRADED,
    # Silence. Only a beat that comes back ends it.
    (LinkState.OFFLINE, LinkEvent.GOOD_BEAT): LinkState.RECOVERING,
    (LinkState.OFFLINE, LinkEvent.BEATS_LOST): LinkState.OFFLINE,
    (LinkState.OFFLINE, LinkEvent.SUSPECTED): LinkState.OFFLINE,
    (LinkState.OFFLINE, LinkEvent.SILENCE): LinkState.OFFLINE,
    (LinkState.OFFLINE, LinkEvent.REPLICA_STALE): LinkState.OFFLINE,
    (LinkState.OFFLINE, LinkEvent.DRILL_STARTED): LinkState.DRILL,
    (LinkState.OFFLINE, LinkEvent.DRILL_ENDED): LinkState.OFFLINE,
    (LinkState.OFFLINE, LinkEvent.FORCE_STARTED): LinkState.FORCED_OFFLINE,
    (LinkState.OFFLINE, LinkEvent.FORCE_ENDED): LinkState.OFFLINE,
    # On trial. The only way up is to settle.
    (LinkState.RECOVERING, LinkEvent.GOOD_BEAT): LinkState.RECOVERING,
    (LinkState.RECOVERING, LinkEvent.BEATS_LOST): LinkState.DEGRADED,
    (LinkState.RECOVERING, LinkEvent.SUSPECTED): LinkState.DEGRADED,
    (LinkState.RECOVERING, LinkEvent.SILENCE): LinkState.OFFLINE,
    (LinkState.RECOVERING, LinkEvent.REPLICA_STALE): LinkState.RECOVERING,
    (LinkState.RECOVERING, LinkEvent.SETTLED): LinkState.ONLINE,
    (LinkState.RECOVERING, LinkEvent.DRILL_STARTED): LinkState.DRILL,
    (LinkState.RECOVERING, LinkEvent.DRILL_ENDED): LinkState.RECOVERING,
    (LinkState.RECOVERING, LinkEvent.FORCE_STARTED): LinkState.FORCED_OFFLINE,
    (LinkState.RECOVERING, LinkEvent.FORCE_ENDED): LinkState.RECOVERING,
    # A rehearsal. News is heard, the state stays until somebody ends it.
    (LinkState.DRILL, LinkEvent.GOOD_BEAT): LinkState.DRILL,
    (LinkState.DRILL, LinkEvent.BEATS_LOST): LinkState.DRILL,
    (LinkState.DRILL, LinkEvent.SUSPECTED): LinkState.DRILL,
    (LinkState.DRILL, LinkEvent.SILENCE): LinkState.DRILL,
    (LinkState.DRILL, LinkEvent.REPLICA_STALE): LinkState.DRILL,
    (LinkState.DRILL, LinkEvent.DRILL_STARTED): LinkState.DRILL,
    (LinkState.DRILL, LinkEvent.DRILL_ENDED): LinkState.OFFLINE,
    (LinkState.DRILL, LinkEvent.FORCE_STARTED): LinkState.FORCED_OFFLINE,
    (LinkState.DRILL, LinkEvent.FORCE_ENDED): LinkState.DRILL,
    # Cut off on purpose.
    (LinkState.FORCED_OFFLINE, LinkEvent.GOOD_BEAT): LinkState.FORCED_OFFLINE,
    (LinkState.FORCED_OFFLINE, LinkEvent.BEATS_LOST): LinkState.FORCED_OFFLINE,
    (LinkState.FORCED_OFFLINE, LinkEvent.SUSPECTED): LinkState.FORCED_OFFLINE,
    (LinkState.FORCED_OFFLINE, LinkEvent.SILENCE): LinkState.FORCED_OFFLINE,
    (LinkState.FORCED_OFFLINE, LinkEvent.REPLICA_STALE): LinkState.FORCED_OFFLINE,
    (LinkState.FORCED_OFFLINE, LinkEvent.DRILL_ENDED): LinkState.FORCED_OFFLINE,
    (LinkState.FORCED_OFFLINE, LinkEvent.FORCE_STARTED): LinkState.FORCED_OFFLINE,
    (LinkState.FORCED_OFFLINE, LinkEvent.FORCE_ENDED): LinkState.OFFLINE,
}

UP: Final = frozenset({LinkState.ONLINE, LinkState.RECOVERING})
"""The states in which the primary answers."""
ORDERED: Final = frozenset({LinkState.DRILL, LinkState.FORCED_OFFLINE})
"""The states that only an administrator begins and ends."""
ORDERS: Final = frozenset(
    {
        LinkEvent.DRILL_STARTED,
        LinkEvent.DRILL_ENDED,
        LinkEvent.FORCE_STARTED,
        LinkEvent.FORCE_ENDED,
    }
)
"""What an administrator may order; all other events are news."""


def next_state(state: LinkState, event: LinkEvent) -> LinkState:
    """Return where `event` leads from `state`; raises IllegalTransitionError where it cannot."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransitionError(state=state, event=event) from None
