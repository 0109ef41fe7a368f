"""The decision: may this go on, why, and what does it cost.

Theory of operation. The two `_answer` functions are where the branches meet; those below them are
straight. The questions come in one order, and the first refusal ends it:

    1. Has this node a replica? If not, the printer's failure mode answers (`routing.py`).
    2. Who asks? An unknown card, an unknown or a disabled user is refused.
    3. How much paper is it (`estimate.py`), and is that within the limits (`policy.py`)?
    4. May this user spend what it costs (`credit.py`)?

The state of the link is written into the trace and changes nothing: with a replica a site decides
by itself, online as well as offline. That is why cutting the WAN cannot delay anybody.

The rejected alternative is to ask the primary while the link looks good and to decide here only
otherwise: then every cut begins with people who wait for a time-out.
"""

from dataclasses import replace

from failure_modes.credit import may_spend
from failure_modes.decision import Decision, Reservation, TraceStep
from failure_modes.estimate import Estimate, estimate
from failure_modes.facts import (
    CopyFacts,
    Facts,
    LoginFacts,
    PrinterView,
    ReleaseFacts,
    SubmitFacts,
    UserView,
    View,
)
from failure_modes.policy import Policy
from failure_modes.routing import provider_action
from failure_modes.vocabulary import Action, HoldMode, Layer, LinkState, Reason, WallMs


def decide(facts: Facts, view: View, link: LinkState, policy: Policy, now_ms: WallMs) -> Decision:
    """Return what to do now. The same arguments always give the same decision."""
    asked = TraceStep(
        rule="link",
        layer=Layer.BUILT_IN,
        outcome=link,
        detail=f"asked at {now_ms} ms; recorded, never waited for",
    )
    decision = _answer(facts, view, policy)
    return replace(decision, trace=(asked, *decision.trace))


def _answer(facts: Facts, view: View, policy: Policy) -> Decision:
    if not view.has_replica:
        return _without_replica(facts, view, policy)
    if isinstance(facts, LoginFacts) and not facts.card_known:
        return _plain(Action.DENY, Reason.UNKNOWN_CARD, rule="person")
    if view.user is None:
        return _plain(Action.DENY, Reason.UNKNOWN_USER, rule="person")
    if not view.user.enabled:
        return _plain(Action.DENY, Reason.USER_DISABLED, rule="person")
    return _answer_user(facts, view.user, view.printer, policy)


def _answer_user(facts: Facts, user: UserView, printer: PrinterView, policy: Policy) -> Decision:
    match facts:
        case LoginFacts():
            return _plain(Action.ALLOW, Reason.LOGIN_ACCEPTED, rule="person")
        case SubmitFacts(hold_mode=HoldMode.USER):
            return _hold(facts.job, user, printer, policy)
        case SubmitFacts():
            return _charge(facts.job, user, printer, policy)
        case ReleaseFacts():
            return _charge(facts, user, printer, policy)
        case _:
            return _charge(facts.as_job(), user, printer, policy)


def _plain(action: Action, reason: Reason, *, rule: str) -> Decision:
    """Answer without counting anything."""
    step = TraceStep(rule=rule, layer=Layer.BUILT_IN, outcome=reason)
    return Decision(action=action, reasons=(reason,), trace=(step,))


def _hold(job: ReleaseFacts, user: UserView, printer: PrinterView, policy: Policy) -> Decision:
    """Accept a job to wait for its user: what it will cost is shown, nothing is reserved yet."""
    bill = estimate(job, printer.price, policy)
    return Decision(
        action=Action.HOLD,
        reasons=(Reason.JOB_HELD, *bill.doubts),
        cost_micros=bill.cost_micros,
        charge_to=user.user_name,
        lines=bill.lines,
        balance_micros=user.balance_micros,
        trace=(bill.step,),
    )


def _charge(job: ReleaseFacts, user: UserView, printer: PrinterView, policy: Policy) -> Decision:
    """Let paper out against credit, or say why not."""
    bill = estimate(job, printer.price, policy)
    if bill.doubt is Reason.PAGES_UNKNOWN:
        return Decision(action=Action.DENY, reasons=bill.doubts, trace=(bill.step,))
    return _over_limit(job, bill, policy) or _spend(bill, user, policy)


def _over_limit(job: ReleaseFacts, bill: Estimate, policy: Policy) -> Decision | None:
    """Return the refusal by the first limit that is broken, if one is."""
    limits = (
        ("copies_max", job.copies, policy.copies_max, Reason.TOO_MANY_COPIES),
        ("pages_max", bill.impressions, policy.pages_max, Reason.TOO_MANY_PAGES),
    )
    for rule, asked, limit, reason in limits:
        if asked > limit:
            step = TraceStep(
                rule=rule,
                layer=policy.layer_of(rule),
                outcome=reason,
                detail=f"{asked} asked for, {limit} allowed",
            )
            return Decision(
                action=Action.DENY,
                reasons=(reason,),
                cost_micros=bill.cost_micros,
                lines=bill.lines,
                limit=limit,
                trace=(bill.step, step),
            )
    return None


def _spend(bill: Estimate, user: UserView, policy: Policy) -> Decision:
    """Ask for the credit and reserve it."""
    cost_micros = bill.cost_micros
    verdict = may_spend(user, cost_micros, policy.credit)
    step = TraceStep(
        rule="credit",
        layer=policy.layer_of("credit"),
        outcome=verdict.reason,
        detail=f"{policy.credit}: cost {cost_micros}, balance {user.balance_micros} micros",
    )
    answer = Decision(
        action=Action.DENY,
        reasons=(verdict.reason, *bill.doubts),
        cost_micros=cost_micros,
        lines=bill.lines,
        balance_micros=user.balance_micros,
        trace=(bill.step, step),
    )
    if not verdict.allowed:
        return answer
    reservation = Reservation(user_name=user.user_name, amount_micros=cost_micros)
    return replace(
        answer, action=Action.ALLOW, charge_to=user.user_name, reservations=(reservation,)
    )


def _without_replica(facts: Facts, view: View, policy: Policy) -> Decision:
    """Answer where nobody else does. Nobody is let in unseen, and what is to be held is held."""
    match facts:
        case LoginFacts() | CopyFacts():
            return _plain(Action.DENY, Reason.NO_REPLICA, rule="replica")
        case SubmitFacts(hold_mode=HoldMode.USER):
            return _plain(Action.HOLD, Reason.JOB_HELD, rule="hold_mode")
        case SubmitFacts():
            return _by_provider_mode(facts.job, view, policy)
        case _:
            return _by_provider_mode(facts, view, policy)


def _by_provider_mode(job: ReleaseFacts, view: View, policy: Policy) -> Decision:
    user, printer = view.user, view.printer
    restricted = user.restricted if user else None
    action, reason = provider_action(printer.provider_mode, user_restricted=restricted)
    step = TraceStep(
        rule="provider_mode",
        layer=Layer.PRINTER,
        outcome=reason,
        detail=f"{printer.provider_mode}, restricted user: {restricted}",
    )
    if action is Action.PRINT_UNLOGGED:
        return Decision(action=action, reasons=(reason,), trace=(step,))
    bill = estimate(job, printer.price, policy)
    return Decision(
        action=action,
        reasons=(reason,),
        cost_micros=bill.cost_micros,
        charge_to=user.user_name if user else None,
        lines=bill.lines,
        trace=(step, bill.step),
    )
