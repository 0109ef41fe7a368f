"""Paper: what a job costs, and whether it may come out.

Theory of operation. A job is changed first (conversions), then counted and priced, then compared
with the limits and filters, and credit comes last: whoever is refused for their money would have
got the paper otherwise. Users without a limit whose job is refused so are given what a restricted
user would get, converted, where that is anything.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from failure_modes.case import Case
from failure_modes.conversions import Conversion, convert
from failure_modes.credit import may_spend
from failure_modes.decision import Decision, Reservation, TraceStep
from failure_modes.estimate import Estimate, estimate
from failure_modes.facts import AccountView, JobFacts, LateFacts, Payer, ReleaseFacts, SubmitFacts
from failure_modes.filters import first_refusal
from failure_modes.payer import NOBODY, NoPayer, payer_of
from failure_modes.vocabulary import Action, HoldMode, Layer, Reason

WAITS_FOR: Final[Mapping[HoldMode, Reason]] = {
    HoldMode.USER: Reason.JOB_HELD,
    HoldMode.MANAGER: Reason.HELD_FOR_MANAGER,
}
"""Whom a job waits for, by the queue that holds it."""


def hold(facts: SubmitFacts, case: Case) -> Decision:
    """Accept a job to wait: what it will cost is shown, nothing is reserved yet."""
    job = facts.job
    payer = payer_of(job, case.view, case.policy)
    if isinstance(payer, NoPayer):
        return case.answer(payer.action, payer.reason, payer.rule)
    job, changes = _convert(_on_paper(job, case), case)
    bill = _bill(job, case)
    reason = WAITS_FOR[facts.hold_mode]
    case.trace.append(TraceStep("hold_mode", Layer.BUILT_IN, reason))
    user_name, account_name = _names(payer)
    return Decision(
        action=Action.HOLD,
        reasons=(reason, *_more_reasons(bill, account_name, changes)),
        cost_micros=bill.cost_micros,
        charge_to=user_name,
        charge_account=account_name,
        lines=bill.lines,
        balance_micros=payer.balance_micros,
        conversions=tuple(each.kind for each in changes),
        trace=tuple(case.trace),
        notes=case.notes,
    )


def charge(job: ReleaseFacts, case: Case) -> Decision:
    """Let paper out against credit, or say why not."""
    payer = payer_of(job, case.view, case.policy)
    if isinstance(payer, NoPayer):
        return case.answer(payer.action, payer.reason, payer.rule)
    job = _on_paper(job, case)
    answer = _let_out(*_convert(job, case), payer, case)
    return answer if answer.allowed else _spared(job, payer, case) or answer


def _let_out(
    job: ReleaseFacts, changes: tuple[Conversion, ...], payer: Payer, case: Case
) -> Decision:
    """Let out a job that is converted already, or say why not."""
    bill = _bill(job, case)
    if bill.doubt is Reason.PAGES_UNKNOWN:
        return _refused(bill.doubt, bill, case)
    return (
        _over_limit(job, bill, case)
        or _filtered(job, bill, case)
        or _spend(bill, payer, changes, case)
    )


def _spared(job: ReleaseFacts, payer: Payer, case: Case) -> Decision | None:
    """Let a refused job out as a restricted user would get it, None where that does not help.

    A conversion for restricted users can save their jobs from a filter for all. Whoever is trusted
    more would otherwise be refused what they got when they were trusted less.
    """
    user, conversions = case.view.user, case.policy.conversions
    if user is None or user.restricted or not conversions.rules:
        return None
    job, changes = convert(conversions, job, replace(user, restricted=True))
    case.trace += [TraceStep("conversions", each.layer, each.reason) for each in changes]
    answer = _let_out(job, changes, payer, case)
    return answer if answer.allowed else None


def charge_late(facts: LateFacts, case: Case) -> Decision:
    """Say whether what was printed without an answer is still charged.

    The paper is out, so neither limits nor credit matter: a balance may fall below zero. Where no
    account can be charged, the user pays.
    """
    user = case.view.user
    if user is None:
        return case.answer(Action.DENY, Reason.UNKNOWN_USER, "person")
    age_ms, age_ms_max = case.now_ms - facts.printed_ms, case.policy.late_upload_max_ms
    bill = _bill(_on_paper(facts.job, case), case)
    if bill.doubt is Reason.PAGES_UNKNOWN:
        return _refused(bill.doubt, bill, case)
    late = age_ms > age_ms_max
    reason = Reason.TOO_LATE_TO_CHARGE if late else Reason.CHARGED_LATE
    layer = case.policy.layer_of("late_upload_max_ms")
    ages = (max(age_ms, 0), age_ms_max)
    case.trace.append(TraceStep("late_upload_max_ms", layer, reason, "{} ms old, {} allowed", ages))
    if late:
        return _refused(reason, bill, case)
    payer = payer_of(facts.job, case.view, case.policy)
    user_name, account_name = _names(user if isinstance(payer, NoPayer) else payer)
    return Decision(
        action=Action.ALLOW,
        reasons=(reason, *_more_reasons(bill, account_name, ())),
        cost_micros=bill.cost_micros,
        charge_to=user_name,
        charge_account=account_name,
        lines=bill.lines,
        trace=tuple(case.trace),
    )


def _on_paper(job: ReleaseFacts, case: Case) -> ReleaseFacts:
    """Return the job on the paper that it is taken to be on."""
    paper_size = case.policy.default_paper_size
    if not paper_size or job.paper_size:
        return job
    rule = "default_paper_size"
    case.trace.append(TraceStep(rule, case.policy.layer_of(rule), "assumed", "{}", (paper_size,)))
    return replace(job, paper_size=paper_size)


def _convert(job: ReleaseFacts, case: Case) -> tuple[ReleaseFacts, tuple[Conversion, ...]]:
    """Return the job as it will be printed, and what was changed in it."""
    conversions = case.policy.conversions
    if not conversions.rules:
        return job, ()
    job, changes = convert(conversions, job, case.view.user or NOBODY)
    if changes:
        case.trace += [TraceStep("conversions", each.layer, each.reason) for each in changes]
    return job, changes


def _bill(job: ReleaseFacts, case: Case) -> Estimate:
    """Return what the job costs, and trace it."""
    bill = estimate(job, case.view.printer.price_on(job.paper_size), case.policy)
    case.trace.append(bill.step)
    return bill


def _names(payer: Payer) -> tuple[str | None, str | None]:
    """Return the user or the shared account that pays."""
    if isinstance(payer, AccountView):
        return None, payer.account_name
    return payer.user_name, None


def _more_reasons(
    bill: Estimate, account_name: str | None, changes: Iterable[Conversion]
) -> tuple[Reason, ...]:
    """Return what else the person is to know."""
    charged = () if account_name is None else (Reason.ACCOUNT_CHARGED,)
    return (*charged, *(each.reason for each in changes), *bill.doubts)


def _refused(reason: Reason, bill: Estimate, case: Case, *, limit: int | None = None) -> Decision:
    """Refuse a job whose bill is known; its step is in the trace already."""
    return Decision(
        action=Action.DENY,
        reasons=(reason,),
        cost_micros=bill.cost_micros,
        lines=bill.lines,
        limit=limit,
        trace=tuple(case.trace),
        notes=case.notes,
    )


def _over_limit(job: ReleaseFacts, bill: Estimate, case: Case) -> Decision | None:
    """Return the refusal by the first limit that is broken, if one is."""
    policy = case.policy
    if job.copies > policy.copies_max:
        rule, asked, limit = "copies_max", job.copies, policy.copies_max
        reason = Reason.TOO_MANY_COPIES
    elif bill.impressions > policy.pages_max:
        rule, asked, limit = "pages_max", bill.impressions, policy.pages_max
        reason = Reason.TOO_MANY_PAGES
    else:
        return None
    compared = "{} asked for, {} allowed"
    case.trace.append(TraceStep(rule, policy.layer_of(rule), reason, compared, (asked, limit)))
    return _refused(reason, bill, case, limit=limit)


def _filtered(job: ReleaseFacts, bill: Estimate, case: Case) -> Decision | None:
    """Return the refusal by a filter, if one refuses."""
    filters = case.policy.filters
    if not filters.rules:
        return None
    seen = JobFacts(
        job=job,
        impressions=bill.impressions,
        colour_impressions=bill.colour_impressions,
        cost_micros=bill.cost_micros,
    )
    verdict = first_refusal(filters, seen, case.view.user or NOBODY)
    if verdict is None:
        passed = TraceStep("filters", Layer.BUILT_IN, "passed", "{} filters", (len(filters.rules),))
        case.trace.append(passed)
        return None
    rule = verdict.rule
    named = (rule.kind, rule.scope)
    case.trace.append(TraceStep("filters", rule.layer, verdict.reason, "{}, scope {}", named))
    return _refused(verdict.reason, bill, case, limit=verdict.limit)


def _spend(bill: Estimate, payer: Payer, changes: tuple[Conversion, ...], case: Case) -> Decision:
    """Ask for the credit and reserve it."""
    policy, cost_micros = case.policy, bill.cost_micros
    ceiling_micros = None if case.outage_ms is None else policy.offline_ceiling_micros
    verdict = may_spend(payer, cost_micros, policy.credit, ceiling_micros=ceiling_micros)
    money = (policy.credit, cost_micros, payer.balance_micros)
    compared = "{}: cost {}, balance {} micros"
    case.trace.append(
        TraceStep("credit", policy.layer_of("credit"), verdict.reason, compared, money)
    )
    user_name, account_name = _names(payer)
    more = (
        _more_reasons(bill, account_name, changes) if changes or account_name or bill.doubt else ()
    )
    if not verdict.allowed:
        return Decision(
            action=Action.DENY,
            reasons=(verdict.reason, *more),
            cost_micros=cost_micros,
            lines=bill.lines,
            balance_micros=payer.balance_micros,
            limit=ceiling_micros if verdict.reason is Reason.CEILING_REACHED else None,
            trace=tuple(case.trace),
            notes=case.notes,
        )
    asker = case.view.user
    reserved = Reservation(
        user_name=user_name or (asker.user_name if asker else ""),
        amount_micros=cost_micros,
        account_name=account_name,
    )
    return Decision(
        action=Action.ALLOW,
        reasons=(verdict.reason, *more),
        cost_micros=cost_micros,
        charge_to=user_name,
        charge_account=account_name,
        reservations=(reserved,),
        lines=bill.lines,
        balance_micros=payer.balance_micros,
        conversions=tuple(each.kind for each in changes),
        trace=tuple(case.trace),
        notes=case.notes,
    )
