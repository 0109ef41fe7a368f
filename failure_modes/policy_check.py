"""What is wrong with a policy as a whole: everything that a person would want to know at once.

`problems` is asked when a policy is saved, with all layers that will meet at a printer. It finds
what no single field shows: two fields that contradict each other, a rule that is never reached, a
number that nobody ever looks at. `decide` could live with all of these; whoever wrote them could
not, for they believe that something is in force that is not.

A field that is wrong by itself is reported and left out, so that the rest is checked all the same.

Contradictions are wrong at whichever printer they appear. What is idle there may well have work
elsewhere: a ceiling set for all is none too many when one site alone looks at it. So each idle
thing names the layer that it stands in, and whoever sees all printers refuses what is idle at all.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from failure_modes import conversions, filter_rules
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
            (policy.ask_for_account and policy.account_selection is AccountSelection.SHARED)
            or policy.unauthenticated is Unauthenticated.CHARGE_OFFLINE_ACCOUNT
        ),
        (
            "ask_for_account is true and account_selection is shared, or unauthenticated is "
            "charge_offline_account"
        ),
    ),
    "account_selection": (lambda policy: policy.ask_for_account, "ask_for_account is true"),
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


Layers = Mapping[Layer, Mapping[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """Something that does nothing, and the layer in which it stands.

    `what` is the same wherever it does nothing; `problem` may name what is in its way there.
    """

    layer: Layer
    what: str
    problem: str


def problems(layers: Layers) -> list[str]:
    """Return everything that is wrong with a policy made of these layers."""
    return [
        *field_problems(layers),
        *contradictions(layers),
        *(each.problem for each in idle(layers)),
    ]


def contradictions(layers: Layers) -> list[str]:
    """Return what contradicts itself where these layers meet; wrong fields are left out."""
    policy = resolve(_usable(layers))
    return [*_times(policy), *_contradicting_rules(policy)]


def idle(layers: Layers) -> list[Idle]:
    """Return what does nothing where these layers meet; wrong fields are left out."""
    usable = _usable(layers)
    policy = resolve(usable)
    return [
        *_steps(policy),
        *_never_looked_at(policy),
        *_lax_limits(policy),
        *(each for layer, body in usable.items() for each in _needless(layer, body)),
    ]


def _usable(layers: Layers) -> Layers:
    return {
        layer: {name: value for name, value in body.items() if not value_problems(name, value)}
        for layer, body in layers.items()
    }


def _all(policy: Policy) -> list[Policy]:
    """Return every policy that can apply, from an outage's beginning to its end."""
    return [policy, *(stage.policy for stage in policy.escalation)]


def _times(policy: Policy) -> Iterator[str]:
    if policy.offline_warn_ms >= policy.offline_stop_ms:
        yield (
            f"offline_warn_ms: {policy.offline_warn_ms} ms is not before offline_stop_ms, "
            f"{policy.offline_stop_ms} ms, so nobody would be warned"
        )


def _contradicting_rules(policy: Policy) -> Iterator[str]:
    found: dict[str, None] = {}
    for each in _all(policy):
        rules = each.filters.rules
        found |= dict.fromkeys(filter_rules.contradictions(rules, each.conversions.rules))
    yield from found


def _steps(policy: Policy) -> Iterator[Idle]:
    layer = policy.layer_of("escalation")
    before = replace(policy, escalation=())
    for stage in policy.escalation:
        where = f"escalation: the step after {stage.after_ms} ms"
        found = ""
        if stage.after_ms >= policy.offline_stop_ms:
            found = f"{where} is never reached: offline_stop_ms is {policy.offline_stop_ms} ms"
        elif stage.policy == before:
            found = f"{where} changes nothing"
        if found:
            yield Idle(layer=layer, what=where, problem=found)
        before = stage.policy


def _never_looked_at(policy: Policy) -> Iterator[Idle]:
    reached = _all(policy)
    for name, (is_looked_at, condition) in LOOKED_AT.items():
        setting = [each.set_by[name] for each in reached if name in each.set_by]
        if setting and not any(is_looked_at(each) for each in reached):
            problem = f"{name}: this is never looked at; it counts only while {condition}"
            yield Idle(layer=setting[0], what=name, problem=problem)


def _lax_limits(policy: Policy) -> Iterator[Idle]:
    limits: Mapping[FilterKind, Callable[[Policy], int]] = {
        FilterKind.PAGES_MAX: lambda each: each.pages_max,
        FilterKind.COPIES_MAX: lambda each: each.copies_max,
    }
    reached = _all(policy)
    for rule in reached[-1].filters.rules:
        limit_of = limits.get(rule.kind)
        if limit_of is None or rule.limit is None:
            continue
        if all(rule.limit >= limit_of(each) for each in reached):
            what = f"filters: {rule.kind} {rule.limit}"
            problem = f"{what} never refuses: the policy's own is as strict"
            yield Idle(layer=rule.layer, what=what, problem=problem)


def _needless(layer: Layer, body: Mapping[str, Any]) -> Iterator[Idle]:
    """Find rules of one list that another rule of the same list makes needless."""
    lists = {f"{layer}": body}
    for number, step in enumerate(body.get("escalation", ())):
        lists[f"{layer}.escalation: {number}: rules"] = step["rules"]
    for place, fields in lists.items():
        filters = filter_rules.read(fields.get("filters", ()), layer)
        changes = conversions.read(fields.get("conversions", ()), layer)
        found = [f"{place}.filters: {problem}" for problem in filter_rules.needless(filters)]
        found += [f"{place}.conversions: {problem}" for problem in conversions.needless(changes)]
        yield from (Idle(layer=layer, what=each, problem=each) for each in found)
