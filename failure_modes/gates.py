"""What must be open before anybody looks at the person or the job.

Three gates, each named after the rule that keeps it: the functions matrix, the outage that has
lasted too long, the opening hours. A job that only enters a held queue passes the last two: it lies
on the spool, nothing is let out, and whoever releases it meets them then.
"""

from typing import Final

from failure_modes.case import Case
from failure_modes.decision import Decision
from failure_modes.facts import (
    CopyFacts,
    Facts,
    FunctionFacts,
    LateFacts,
    LoginFacts,
    ReleaseFacts,
    SubmitFacts,
)
from failure_modes.functions import is_offered
from failure_modes.vocabulary import Action, Function, HoldMode, LinkState, Reason

CUT: Final = frozenset({LinkState.OFFLINE, LinkState.DRILL, LinkState.FORCED_OFFLINE})
"""The states in which the rules of an outage apply.

Once one has begun they apply until the link is online again: who is recovering, or falls back from
there, has not come back yet."""


def outage_ms(link: LinkState, since_ms: int | None, now_ms: int) -> int | None:
    """Return how long the present outage has lasted, None where there is none.

    An outage of which nobody said when it began has just begun. So has one that begins in the
    future: a clock was set back.
    """
    if link is LinkState.ONLINE or (since_ms is None and link not in CUT):
        return None
    return 0 if since_ms is None else max(now_ms - since_ms, 0)


def closed_gate(facts: Facts, case: Case) -> Decision | None:
    """Return the refusal of the first gate that is closed, None when all are open.

    A late upload passes every gate: its paper is out.
    """
    if isinstance(facts, LateFacts):
        return None
    function = function_of(facts)
    if not is_offered(function, case.link, True):  # noqa: FBT003 - a cell of the table
        return case.answer(Action.DENY, Reason.FUNCTION_NOT_OFFERED, "functions")
    lets_out = function is not Function.HOLD
    policy = case.policy
    if case.outage_ms is not None:
        if lets_out and case.outage_ms >= policy.offline_stop_ms:
            return case.answer(Action.DENY, Reason.OFFLINE_TOO_LONG, "offline_stop_ms")
        if case.outage_ms >= policy.offline_warn_ms:
            case.notes = (Reason.OFFLINE_FOR_LONG,)
    minute = case.view.local_minute
    if lets_out and minute is not None and not policy.opening_hours.is_open(minute):
        action = Action.HOLD if isinstance(facts, SubmitFacts) else Action.DENY
        return case.answer(action, Reason.CLOSED_NOW, "opening_hours")
    return None


def function_of(
    facts: LoginFacts | SubmitFacts | ReleaseFacts | CopyFacts | FunctionFacts,
) -> Function:
    """Return the row of the functions matrix that a question belongs to."""
    match facts:
        case ReleaseFacts():
            return _way_out(facts)
        case SubmitFacts():
            return Function.PRINT if facts.hold_mode is HoldMode.NONE else Function.HOLD
        case CopyFacts():
            return Function.COPY
        case FunctionFacts():
            return facts.function
        case _:
            return _way_in(facts)


def _way_out(facts: ReleaseFacts) -> Function:
    if facts.from_other_site:
        return Function.RELEASE_FROM_OTHER_SITE
    return Function.RELEASE_FOR_OTHERS if facts.by_manager else Function.RELEASE


def _way_in(facts: LoginFacts) -> Function:
    if facts.password is not None:
        return Function.PASSWORD_LOGIN
    return Function.CARD_LOGIN if facts.pin_ok is None else Function.PIN_LOGIN
