"""What is wrong with a policy as a whole: everything that a person would want to know at once.

`problems` is asked when a policy is saved, with all layers that will meet at a printer. It finds
what no single field shows: two fields that contradict each other, a rule that is never reached, a
number that nobody ever looks at. `decide` could live with all of these; whoever wrote them could
not, for they believe that something is in force that is not.

A field that is wrong by itself is reported and left out, so that the rest is checked all the same.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from failure_modes import filter_rules
from failure_modes.policy import Policy, field_problems, resolve, value_problems
from failure_modes.rule_vocabulary import FilterKind
from failure_modes.vocabulary import (
    AccountSelection,
    CreditPolicy,
    Layer,
    PasswordLogin,
    Unauthenticated,
    UncountedDocument,
)

LOOKED_AT: Final[Mapping[str, tuple[Callable[[Policy], bool], str]]] = {
    "offline_ceiling_micros": (
        lambda policy: policy.credit is CreditPolicy.OFFLINE_CEILING,
        "credit is offline_ceiling",
    ),
    "offline_account_name": (
        lambda policy: (
            policy.account_selection is AccountSelection.SHARED
            or policy.unauthenticated is Unauthenticated.CHARGE_OFFLINE_ACCOUNT
        ),
        "account_selection is shared or unauthenticated is charge_offline_account",
    ),
    "password_hash_age_max_ms": (
        lambda policy: policy.password_login is PasswordLogin.REPLICATED_HASH,
        "password_login is replicated_hash",
    ),
    "uncounted_pages": (
        lambda policy: policy.uncounted_document is UncountedDocument.CHARGE_FIXED,
        "uncounted_document is charge_fixed",
    ),
}
"""Fields that are only looked at while another one says so, and what that one has to say."""


def problems(layers: Mapping[Layer, Mapping[str, object]]) -> list[str]:
    """Return everything that is wrong with a policy made of these layers."""
    usable = {
        layer: {name: value for name, value in body.items() if not value_problems(name, value)}
        for layer, body in layers.items()
    }
    policy = resolve(usable)
    return [
        *field_problems(layers),
        *_times(policy),
        *_steps(policy),
        *_never_looked_at(policy),
        *_filters(policy),
    ]


def _all(policy: Policy) -> list[Policy]:
    """Return every policy that can apply, from an outage's beginning to its end."""
    return [policy, *(stage.policy for stage in policy.escalation)]


def _times(policy: Policy) -> Iterator[str]:
    if policy.offline_warn_ms >= policy.offline_stop_ms:
        yield (
            f"offline_warn_ms: {policy.offline_warn_ms} ms is not before offline_stop_ms, "
            f"{policy.offline_stop_ms} ms, so nobody would be warned"
        )


def _steps(policy: Policy) -> Iterator[str]:
    before = replace(policy, escalation=())
    for stage in policy.escalation:
        where = f"escalation: the step after {stage.after_ms} ms"
        if stage.after_ms >= policy.offline_stop_ms:
            yield f"{where} is never reached: offline_stop_ms is {policy.offline_stop_ms} ms"
        if stage.policy == before:
            yield f"{where} changes nothing"
        before = stage.policy


def _never_looked_at(policy: Policy) -> Iterator[str]:
    reached = _all(policy)
    for name, (is_looked_at, condition) in LOOKED_AT.items():
        is_set = any(name in each.set_by for each in reached)
        if is_set and not any(is_looked_at(each) for each in reached):
            yield f"{name}: this is never looked at; it counts only while {condition}"


def _filters(policy: Policy) -> Iterator[str]:
    found: dict[str, None] = {}
    for each in _all(policy):
        rules = each.filters.rules
        found |= dict.fromkeys(filter_rules.contradictions(rules, each.conversions.rules))
    yield from found
    limits: Mapping[FilterKind, Callable[[Policy], int]] = {
        FilterKind.PAGES_MAX: lambda each: each.pages_max,
        FilterKind.COPIES_MAX: lambda each: each.copies_max,
    }
    last = _all(policy)[-1]
    for rule in last.filters.rules:
        limit_of = limits.get(rule.kind)
        if limit_of is None or rule.limit is None:
            continue
        if all(rule.limit >= limit_of(each) for each in _all(policy)):
            yield f"filters: {rule.kind} {rule.limit} never refuses: the policy's own is as strict"
