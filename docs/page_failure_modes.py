"""The page of the failure modes: what works when, what may be configured, and every reason."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from docs.markdown import code, doc, duration, field_docs, page, table, value_text
from docs.page_reasons import reasons
from failure_modes.accrual import AccrualTiming
from failure_modes.catalogue import ENTRIES
from failure_modes.device_offline import DeviceOffline
from failure_modes.filter_kinds import KINDS, LimitKind, NamesKind
from failure_modes.functions import ROWS
from failure_modes.link import LinkTiming
from failure_modes.offline_log import LogLimits, logged_action
from failure_modes.policy import CHANGING_FIELDS, FIELDS, Policy
from failure_modes.policy_fields import Choice, Hours, Range, Rules
from failure_modes.routing import ASKING_ORDER
from failure_modes.rule_vocabulary import ConversionKind, FilterKind, PriceModel
from failure_modes.vocabulary import Layer, LinkState, Offer, ProviderMode

if TYPE_CHECKING:
    from failure_modes.filter_kinds import Kind
    from failure_modes.policy_fields import PolicyField

TITLES = {entry.code: entry.title for entry in ENTRIES}

HEAD = """
# Failure modes

Written by `make docs` from the tables in `failure_modes/`; do not edit.

A site always decides by itself, from its replica, whatever the link does. So cutting the WAN takes
away little, and this page says exactly what. How the states of the link follow each other stands
in [state-machines.md](state-machines.md).
"""

FUNCTIONS = """
## What works when

States of the link in which the same works share a column; they are those of a node with a replica,
a site server. The last column is a node without a replica that nobody answers. Such a node asks
{order} first, and whoever answers decides by their own column.
"""

MODES = """
## Provider modes

What a node without a replica does with a print job when nobody answers, set per printer. A user of
whom nothing is known counts as restricted.
"""

POLICY = """
## Policy fields

Layers are laid over each other: {layers}. Every decision names the layer of
each rule that it used. A policy is checked when it is saved, with all problems at once. Money is
written in micros, millionths of the currency unit.
"""

FILTERS = """
## Filters and conversions

Filters refuse jobs, conversions change them first. Those of all layers hold together, and their
order never matters. One filter looks like this: `{"kind": "pages_max", "limit": 50}`, or with names
`{"kind": "group", "names": ["staff"]}`. With `"scope": "all"` it speaks of everybody, else of users
with a limit only. In the names of `document_name` a star stands for any characters.
"""

PRICES = """
## Prices

A price list has a date from which it is valid, so that a late upload is priced by the list in force
when it was printed. A printer's tariff is one of these:
"""

LIMITS = """
## The offline log

A node that prints now and tells later notes what it printed, within these bounds. Once the log is
full it holds jobs instead, and before that it rings.
"""

DEVICE = """
## A device that has lost even its branch

It knows nobody. All it can do is read a card and note down under that card what was done; whose
card it was is found out later. These rules are the policy field `device_offline`; a stronger layer
replaces all of them together. A device asks for them while its server answers.
"""

TARIFFS = {
    PriceModel.SIMPLE: "one price for every size",
    PriceModel.SIZE_TABLE: "a price for each named size, and one for all others",
    PriceModel.SIZE_CATEGORY: "a price for each named group of sizes, and one for all others",
}

TIMING = """
## The numbers of the link

Down is fast and counts beats; up is slow and has to be earned.
"""

HOURS = "When printing is allowed, by the site's own clocks. At the minute of `to` it is closed."


def failure_modes() -> str:
    """The page."""
    order = " and then ".join(f"its {name.replace('_', ' ')}" for name in ASKING_ORDER)
    return page(
        HEAD,
        FUNCTIONS.format(order=order),
        functions_matrix(),
        offers(),
        MODES,
        provider_modes(),
        POLICY.format(layers=", ".join(layer.replace("_", "-") for layer in Layer)),
        policy_fields(),
        choices(),
        FILTERS,
        filters(),
        conversions_text(),
        PRICES,
        "\n".join(f"* {code(model)}: {TARIFFS[model]}" for model in PriceModel),
        LIMITS,
        settings(LogLimits()),
        DEVICE,
        settings(DeviceOffline()),
        TIMING,
        settings(LinkTiming()),
        "On top of them a detector listens to the rhythm of the beats:",
        settings(AccrualTiming()),
        reasons(),
    )


def functions_matrix() -> str:
    """What works in which state."""
    alike: dict[tuple[Offer, ...], list[LinkState]] = {}
    for state in LinkState:
        column = tuple(row.offer(state, has_replica=True) for row in ROWS)
        alike.setdefault(column, []).append(state)
    rows = [
        [row.title, *(_offer(column[place]) for column in alike), _offer(row.alone), row.remark]
        for place, row in enumerate(ROWS)
    ]
    heads = (", ".join(map(code, states)) for states in alike.values())
    return table(["function", *heads, "nobody answers", "remark"], rows)


def offers() -> str:
    """What the words of the matrix mean, where they need it."""
    return "\n".join(
        f"* {_offer(Offer(name.lower()))}: {text}" for name, text in field_docs(Offer).items()
    )


def provider_modes() -> str:
    """What each mode does, asked of the rule itself."""
    rows = [
        [
            code(mode),
            _outcome(mode, restricted=False, has_room=True),
            _outcome(mode, restricted=True, has_room=True),
            _outcome(mode, restricted=False, has_room=False),
        ]
        for mode in ProviderMode
    ]
    return table(["mode", "user without a limit", "restricted user", "offline log full"], rows)


def policy_fields() -> str:
    """Every field that a layer may set, and which ones a step of an escalation may set."""
    docs = field_docs(Policy)
    built_in = Policy()
    rows = []
    for name, known in FIELDS.items():
        value = _built_in(name, getattr(built_in, name))
        rows.append([code(name), value, _may_be(known), docs.get(name) or _about(known)])
    fixed = ", ".join(code(name) for name in FIELDS if name not in CHANGING_FIELDS)
    return page(
        table(["field", "built in", "may be", "what it says"], rows),
        f"A step of `escalation` may set all of them but {fixed}. What the words mean:",
    )


def choices() -> str:
    """What the names say that a field may be, where they need words."""
    return "\n".join(
        f"* `{name}` {code(member.lower())}: {text}"
        for name, known in FIELDS.items()
        if isinstance(known, Choice)
        for member, text in field_docs(known.kind).items()
    )


def filters() -> str:
    """Every kind of filter."""
    rows = [[code(kind), _takes(KINDS[kind]), TITLES[KINDS[kind].reason]] for kind in FilterKind]
    return table(["kind", "takes", "a refusal is called"], rows)


def conversions_text() -> str:
    """The conversions in one sentence."""
    kinds = " and ".join(map(code, ConversionKind))
    return (
        f"Conversions are {kinds}, optionally with `groups` whose members alone they\n"
        "speak of. One for users with a limit is applied to the others, too, where their job\n"
        "would be refused otherwise."
    )


def settings(built_in: Any) -> str:  # noqa: ANN401 - any of the dataclasses of settings
    """The fields of a dataclass with their defaults."""
    docs = field_docs(type(built_in))
    values = {each.name: getattr(built_in, each.name) for each in fields(built_in)}
    rows = [
        [code(name), value_text(name, value), docs[name]]
        for name, value in values.items()
        if not is_dataclass(value)
    ]
    return table(["setting", "built in", "what it says"], rows)


def _built_in(name: str, value: object) -> str:
    return "switched off" if isinstance(value, DeviceOffline) else value_text(name, value)


def _offer(offer: Offer) -> str:
    return offer.replace("_", " ")


def _about(known: PolicyField) -> str:
    if isinstance(known, Choice):
        return doc(known.kind)
    if isinstance(known, Hours):
        return HOURS
    if isinstance(known, Rules):
        return "See [filters and conversions](#filters-and-conversions)."
    return ""


def _may_be(known: PolicyField) -> str:
    if not isinstance(known, Range):
        return known.range_text
    if known.unit == "ms":
        return f"{duration(known.low)} to {duration(known.high)}"
    return f"{known.low:,} to {known.high:,} {known.unit}"


def _outcome(mode: ProviderMode, *, restricted: bool, has_room: bool) -> str:
    action, reason = logged_action(mode, user_restricted=restricted, has_room=has_room)
    return f"{code(action)}: {TITLES[reason]}"


def _takes(kind: Kind) -> str:
    if isinstance(kind, LimitKind):
        return f"{kind.low:,} to {kind.high:,} {kind.unit}"
    if isinstance(kind, NamesKind):
        return "names that are refused" if kind.denies else "names that alone are let pass"
    return "nothing"
