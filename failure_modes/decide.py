"""The decision: may this go on, why, and what does it cost.

Theory of operation. `decide` is where the branches meet; what it calls is straight. The questions
come in one order, and the first refusal ends it:

    1. Which rules apply now? The longer an outage lasts, the more of them may have been replaced
       (`escalation.py`).
    2. Has this node a replica? If not, the printer's failure mode answers (`routing.py`).
    3. Does this work at all in this state of the link, at this age of the outage, at this hour
       (`gates.py`)?
    4. Who asks (`login.py`), and who pays (`payer.py`)? An unknown card, an unknown or a disabled
       user is refused. What lets no paper out ends here (`grant.py`).
    5. How much paper is it (`estimate.py`), after conversions, and is that within the limits
       and filters? May it be spent (`credit.py`)? All this in `charge.py`.

The state of the link chooses rules and never an authority: with a replica a site decides by itself,
online as well as offline. That is why cutting the WAN cannot delay anybody.

The rejected alternative is to ask the primary while the link looks good and to decide here only
otherwise: then every cut begins with people who wait for a time-out.
"""

from failure_modes.case import Case
from failure_modes.charge import WAITS_FOR, charge, charge_late, hold
from failure_modes.decision import Decision, TraceStep
from failure_modes.estimate import estimate
from failure_modes.facts import (
    CopyFacts,
    Facts,
    FunctionFacts,
    LateFacts,
    LoginFacts,
    ReleaseFacts,
    SubmitFacts,
    View,
)
from failure_modes.functions import is_offered
from failure_modes.gates import closed_gate, function_of, outage_ms
from failure_modes.grant import grant
from failure_modes.login import login_refusal
from failure_modes.offline_log import logged_action
from failure_modes.policy import Policy
from failure_modes.vocabulary import Action, HoldMode, Layer, LinkState, Reason, WallMs

ASKED = "asked at {} ms; recorded, never waited for"


def decide(facts: Facts, view: View, link: LinkState, policy: Policy, now_ms: WallMs) -> Decision:
    """Return what to do now. The same arguments always give the same decision."""
    lasted_ms = outage_ms(link, view.offline_since_ms, now_ms)
    trace = [TraceStep("link", Layer.BUILT_IN, link, ASKED, (now_ms,))]
    if lasted_ms is not None and policy.escalation:
        policy = _escalated(policy, lasted_ms, trace)
    case = Case(
        view=view, link=link, policy=policy, now_ms=now_ms, outage_ms=lasted_ms, trace=trace
    )
    if not view.has_replica:
        return _without_replica(facts, case)
    return closed_gate(facts, case) or _answer(facts, case)


def _escalated(policy: Policy, lasted_ms: int, trace: list[TraceStep]) -> Policy:
    """Return the policy that applies after so long an outage, and trace a change."""
    applied = policy.after(lasted_ms)
    if applied is not policy:
        layer = policy.layer_of("escalation")
        trace.append(TraceStep("escalation", layer, "step", "cut off for {} ms", (lasted_ms,)))
    return applied


def _answer(facts: Facts, case: Case) -> Decision:
    match facts:
        case ReleaseFacts():
            return charge(facts, case)
        case SubmitFacts(hold_mode=HoldMode.NONE):
            return charge(facts.job, case)
        case SubmitFacts():
            return hold(facts, case)
        case CopyFacts():
            return charge(facts.as_job(), case)
        case LateFacts():
            return charge_late(facts, case)
        case _:
            return _without_paper(facts, case)


def _without_paper(facts: LoginFacts | FunctionFacts, case: Case) -> Decision:
    if isinstance(facts, FunctionFacts):
        return grant(facts.function, case)
    refusal = login_refusal(facts, case.view.user, case.policy, case.replica_age_ms)
    if refusal is None:
        return case.answer(Action.ALLOW, Reason.LOGIN_ACCEPTED, "person")
    rule, reason = refusal
    return case.answer(Action.DENY, reason, rule)


def _without_replica(facts: Facts, case: Case) -> Decision:
    """Answer where nobody else does. Nobody is let in unseen, and what is to be held is held."""
    match facts:
        case SubmitFacts(hold_mode=HoldMode.NONE):
            return _by_provider_mode(facts.job, case)
        case SubmitFacts():
            return case.answer(Action.HOLD, WAITS_FOR[facts.hold_mode], "hold_mode")
        case ReleaseFacts() if is_offered(function_of(facts), case.link, False):  # noqa: FBT003 - a cell of the table
            return _by_provider_mode(facts, case)
        case _:
            return case.answer(Action.DENY, Reason.NO_REPLICA, "replica")


def _by_provider_mode(job: ReleaseFacts, case: Case) -> Decision:
    user, printer = case.view.user, case.view.printer
    restricted = user.restricted if user else None
    action, reason = logged_action(
        printer.provider_mode, user_restricted=restricted, has_room=case.view.log_has_room
    )
    known = (printer.provider_mode, restricted)
    template = "{}, restricted user: {}"
    case.trace.append(TraceStep("provider_mode", Layer.PRINTER, reason, template, known))
    if action is Action.PRINT_UNLOGGED:
        return Decision(action=action, reasons=(reason,), trace=tuple(case.trace))
    bill = estimate(job, printer.price_on(job.paper_size), case.policy)
    return Decision(
        action=action,
        reasons=(reason,),
        cost_micros=bill.cost_micros,
        charge_to=user.user_name if user else None,
        lines=bill.lines,
        trace=(*case.trace, bill.step),
    )
