"""Questions that differ from a given one in a single thing.

`explain.py` asks each of them again. Each generator changes one part of a question; a value is
chosen so that it matters: a balance becomes what the job costs, a limit the least and the most
that it can be. Policy fields are changed in the policy of the moment, escalation included.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from failure_modes.conversions import conversion_set
from failure_modes.decision import Decision
from failure_modes.facts import (
    WITHOUT_PAPER,
    CopyFacts,
    Facts,
    FunctionFacts,
    LoginFacts,
    PasswordCheck,
    ReleaseFacts,
    SubmitFacts,
    UserView,
    View,
)
from failure_modes.filters import filter_set
from failure_modes.gates import outage_ms
from failure_modes.opening_hours import ALWAYS_OPEN
from failure_modes.policy import FIELDS, Policy
from failure_modes.policy_fields import Choice, Flag, Range
from failure_modes.vocabulary import HoldMode, LinkState, Micros, ProviderMode, Sides, WallMs


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """All that a decision is made of."""

    facts: Facts
    view: View
    link: LinkState
    policy: Policy
    now_ms: WallMs


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """The same question with one thing changed, and what that is."""

    what: str
    question: Question


def variants(asked: Question, answered: Decision) -> Iterator[Variant]:
    """Return the questions that differ from `asked` in one thing; `answered` is its decision."""
    user = asked.view.user
    if user is not None:
        for what, changed_user in _users(user, answered):
            yield _seen(asked, what, user=changed_user)
    for what, changed in _views(asked):
        yield _seen(asked, what, **changed)
    for link in _others(LinkState, asked.link):
        yield Variant(what=f"link {link}", question=replace(asked, link=link))
    for what, facts in _facts(asked):
        yield Variant(what=what, question=replace(asked, facts=facts))
    for what, policy in _policies(asked):
        yield Variant(what=what, question=replace(asked, policy=policy))


def _seen(asked: Question, what: str, **changed: Any) -> Variant:  # noqa: ANN401 - fields of a view
    return Variant(what=what, question=replace(asked, view=replace(asked.view, **changed)))


def _others(kind: type[StrEnum], present: StrEnum) -> Iterator[Any]:
    return (each for each in kind if each is not present)


def _users(user: UserView, answered: Decision) -> Iterator[tuple[str, UserView]]:
    cost_micros = answered.cost_micros
    yield f"user enabled: {not user.enabled}", replace(user, enabled=not user.enabled)
    yield (
        f"user restricted: {not user.restricted}",
        replace(user, restricted=not user.restricted),
    )
    enough, less = ("at least", cost_micros), ("only", Micros(cost_micros - 1))
    for words, micros in (enough, less):
        yield f"balance of {words} {micros} micros", replace(user, balance_micros=micros)
        yield f"allowance of {words} {micros} micros", replace(user, allowance_micros=micros)
    yield "nothing spent in this outage", replace(user, offline_spent_micros=Micros(0))


def _views(asked: Question) -> Iterator[tuple[str, dict[str, Any]]]:
    view = asked.view
    yield f"replica: {not view.has_replica}", {"has_replica": not view.has_replica}
    if view.replica_ms is not None:
        yield "replica of this moment", {"replica_ms": asked.now_ms}
    if view.offline_since_ms is not None:
        yield "outage that begins now", {"offline_since_ms": asked.now_ms}
    for mode in _others(ProviderMode, view.printer.provider_mode):
        yield f"provider mode {mode}", {"printer": replace(view.printer, provider_mode=mode)}
    for name, account in view.accounts.items():
        changed = {**view.accounts, name: replace(account, enabled=not account.enabled)}
        yield f"account {name} enabled: {not account.enabled}", {"accounts": changed}


def _facts(asked: Question) -> Iterator[tuple[str, Facts]]:
    facts = asked.facts
    match facts:
        case LoginFacts():
            yield from _logins(facts)
        case SubmitFacts():
            for other in _others(HoldMode, facts.hold_mode):
                yield f"hold mode {other}", replace(facts, hold_mode=other)
            for what, job in _jobs(facts.job, asked.view.accounts):
                yield what, replace(facts, job=job)
        case ReleaseFacts():
            yield from _jobs(facts, asked.view.accounts)
        case CopyFacts():
            yield "in black", replace(facts, colour=False)
            yield "two-sided", replace(facts, sides=Sides.TWO_SIDED_LONG_EDGE)
        case FunctionFacts():
            for function in sorted(WITHOUT_PAPER - {facts.function}):
                yield f"{function} instead", FunctionFacts(function=function)
        case _:
            yield "printed at this moment", replace(facts, printed_ms=asked.now_ms)


def _logins(facts: LoginFacts) -> Iterator[tuple[str, LoginFacts]]:
    yield f"card known: {not facts.card_known}", replace(facts, card_known=not facts.card_known)
    yield "right PIN", replace(facts, pin_ok=True)
    yield "wrong PIN", replace(facts, pin_ok=False)
    if facts.password is not None:
        yield (
            "password that is right everywhere",
            replace(facts, password=PasswordCheck(directory_ok=True, hash_ok=True)),
        )
        yield "card instead of a password", replace(facts, card_known=True, password=None)


def _jobs(job: ReleaseFacts, accounts: Iterable[str]) -> Iterator[tuple[str, ReleaseFacts]]:
    yield "one copy", replace(job, copies=1)
    yield "in black", replace(job, force_mono=True)
    yield "two-sided", replace(job, sides=Sides.TWO_SIDED_LONG_EDGE)
    yield "one-sided", replace(job, sides=Sides.ONE_SIDED)
    yield "first of its kind", replace(job, duplicate_age_ms=None)
    yield (
        f"authenticated: {not job.authenticated}",
        replace(job, authenticated=not job.authenticated),
    )
    yield f"by a manager: {not job.by_manager}", replace(job, by_manager=not job.by_manager)
    yield "job of this site", replace(job, from_other_site=False)
    yield "no account to choose", replace(job, choose_account=False, account_name=None)
    for name in accounts:
        yield f"account {name} chosen", replace(job, account_name=name)


def _policies(asked: Question) -> Iterator[tuple[str, Policy]]:
    lasted_ms = outage_ms(asked.link, asked.view.offline_since_ms, asked.now_ms)
    policy = asked.policy if lasted_ms is None else asked.policy.after(lasted_ms)
    for name, field in FIELDS.items():
        present = getattr(policy, name)
        if isinstance(field, Choice):
            for other in _others(field.kind, present):
                yield f"{name} {other}", _with(policy, name, other)
        elif isinstance(field, Flag):
            yield f"{name} {str(not present).lower()}", _with(policy, name, not present)
        elif isinstance(field, Range) and name != "version":
            for bound in (field.low, field.high):
                yield f"{name} {bound} {field.unit}", _with(policy, name, bound)
    yield "default_paper_size none", replace(policy, default_paper_size="")
    yield "no opening hours", replace(policy, opening_hours=ALWAYS_OPEN)
    yield "no escalation", replace(asked.policy, escalation=())
    for rule in policy.filters.rules:
        rest = filter_set(each for each in policy.filters.rules if each is not rule)
        yield f"no filter {rule.kind}", replace(policy, filters=rest)
    for change in policy.conversions.rules:
        left = conversion_set(each for each in policy.conversions.rules if each is not change)
        yield f"no conversion {change.kind}", replace(policy, conversions=left)


def _with(policy: Policy, name: str, value: Any) -> Policy:  # noqa: ANN401 - any field of a policy
    return replace(policy, **{name: value})
