"""The life of a print job, as a table.

    accepted -> held -> releasing -> printed
                 ^         |  |
                 +---------+  +-> unknown -> printed, or held again
    accepted, held -> cancelled, expired

Theory of operation. Two kinds of events meet here. *Requests* (released, deleted) come from people
and may be refused. *News* (all the others) comes from a counter, a timer or a printer; it can be
late or come twice, and then it changes nothing: a self-loop. A pair that is missing from the table
is illegal. Two kinds are missing on purpose:

* Paper twice. `released` leads only out of `held`. From `releasing`, `printed` and `unknown` no job
  is ever released; an unknown job first has to be settled, by the printer's own record or a person.
* Contradictions. A job known not to have been printed that is now said to be printed, or the other
  way round: somebody is wrong, so a person must hear of it, and the first record stays.

Deleting a job is refused while its bytes are on their way or its outcome is open, because somebody
may have to pay for it. Expiry is a timer's news and simply comes too late then.

Rejected: going from a lost outcome straight back to `held` (as print spoolers do that retry): that
is how paper comes out twice.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from failure_modes.errors import IllegalTransitionError


class JobState(StrEnum):
    """Where a job stands."""

    ACCEPTED = "accepted"
    """Its bytes are safe on the spool; its pages are not counted yet."""
    HELD = "held"
    """Waits for its release. A direct queue releases it at once."""
    RELEASING = "releasing"
    """The intent is recorded; bytes may be on their way to a printer."""
    PRINTED = "printed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    """It may or may not be on paper."""


class JobEvent(StrEnum):
    """What happens to a job."""

    COUNTED = "counted"
    """The counting ended, with or without a number."""
    RELEASED = "released"
    PRINTED = "printed"
    NOT_PRINTED = "not_printed"
    """The printer surely did not print it."""
    OUTCOME_LOST = "outcome_lost"
    """Nobody can say whether the printer printed it."""
    SETTLED_PRINTED = "settled_printed"
    SETTLED_NOT_PRINTED = "settled_not_printed"
    DELETED = "deleted"
    EXPIRED = "expired"


TERMINAL: Final = frozenset({JobState.PRINTED, JobState.CANCELLED, JobState.EXPIRED})

TRANSITIONS: Final[Mapping[tuple[JobState, JobEvent], JobState]] = {
    # Safe on the spool, not counted yet.
    (JobState.ACCEPTED, JobEvent.COUNTED): JobState.HELD,
    (JobState.ACCEPTED, JobEvent.DELETED): JobState.CANCELLED,
    (JobState.ACCEPTED, JobEvent.EXPIRED): JobState.EXPIRED,
    # The only state that leads to paper.
    (JobState.HELD, JobEvent.RELEASED): JobState.RELEASING,
    (JobState.HELD, JobEvent.DELETED): JobState.CANCELLED,
    (JobState.HELD, JobEvent.EXPIRED): JobState.EXPIRED,
    (JobState.HELD, JobEvent.COUNTED): JobState.HELD,
    (JobState.HELD, JobEvent.NOT_PRINTED): JobState.HELD,
    (JobState.HELD, JobEvent.OUTCOME_LOST): JobState.HELD,
    (JobState.HELD, JobEvent.SETTLED_NOT_PRINTED): JobState.HELD,
    # Bytes may be on their way.
    (JobState.RELEASING, JobEvent.PRINTED): JobState.PRINTED,
    (JobState.RELEASING, JobEvent.NOT_PRINTED): JobState.HELD,
    (JobState.RELEASING, JobEvent.OUTCOME_LOST): JobState.UNKNOWN,
    (JobState.RELEASING, JobEvent.COUNTED): JobState.RELEASING,
    (JobState.RELEASING, JobEvent.EXPIRED): JobState.RELEASING,
    # Waits for the truth, for as long as it takes.
    (JobState.UNKNOWN, JobEvent.SETTLED_PRINTED): JobState.PRINTED,
    (JobState.UNKNOWN, JobEvent.SETTLED_NOT_PRINTED): JobState.HELD,
    (JobState.UNKNOWN, JobEvent.PRINTED): JobState.PRINTED,
    (JobState.UNKNOWN, JobEvent.NOT_PRINTED): JobState.HELD,
    (JobState.UNKNOWN, JobEvent.COUNTED): JobState.UNKNOWN,
    (JobState.UNKNOWN, JobEvent.OUTCOME_LOST): JobState.UNKNOWN,
    (JobState.UNKNOWN, JobEvent.EXPIRED): JobState.UNKNOWN,
    # The end, whatever else is said.
    (JobState.PRINTED, JobEvent.COUNTED): JobState.PRINTED,
    (JobState.PRINTED, JobEvent.PRINTED): JobState.PRINTED,
    (JobState.PRINTED, JobEvent.OUTCOME_LOST): JobState.PRINTED,
    (JobState.PRINTED, JobEvent.SETTLED_PRINTED): JobState.PRINTED,
    (JobState.PRINTED, JobEvent.DELETED): JobState.PRINTED,
    (JobState.PRINTED, JobEvent.EXPIRED): JobState.PRINTED,
    # The end, without paper.
    (JobState.CANCELLED, JobEvent.COUNTED): JobState.CANCELLED,
    (JobState.CANCELLED, JobEvent.NOT_PRINTED): JobState.CANCELLED,
    (JobState.CANCELLED, JobEvent.OUTCOME_LOST): JobState.CANCELLED,
    (JobState.CANCELLED, JobEvent.SETTLED_NOT_PRINTED): JobState.CANCELLED,
    (JobState.CANCELLED, JobEvent.DELETED): JobState.CANCELLED,
    (JobState.CANCELLED, JobEvent.EXPIRED): JobState.CANCELLED,
    # The same.
    (JobState.EXPIRED, JobEvent.COUNTED): JobState.EXPIRED,
    (JobState.EXPIRED, JobEvent.NOT_PRINTED): JobState.EXPIRED,
    (JobState.EXPIRED, JobEvent.OUTCOME_LOST): JobState.EXPIRED,
    (JobState.EXPIRED, JobEvent.SETTLED_NOT_PRINTED): JobState.EXPIRED,
    (JobState.EXPIRED, JobEvent.DELETED): JobState.EXPIRED,
    (JobState.EXPIRED, JobEvent.EXPIRED): JobState.EXPIRED,
}


def next_state(state: JobState, event: JobEvent) -> JobState:
    """Return where `event` leads from `state`; raises IllegalTransitionError where it cannot."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransitionError(state=state, event=event) from None
