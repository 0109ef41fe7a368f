"""Conversions: what is changed in a job, instead of refusing it, before it is priced.

A job is changed at most once in each way, so the order of the rules cannot matter. Which rule is
named does not depend on it either: the one that was set nearest to the printer, and of equally
near ones the one that speaks of more people.

Forced duplex turns on the long edge: so are books and nearly all documents bound, and the wrong
edge is a nuisance while the wrong number of sheets is money. A single page has no back and stays
as it is, else it would be priced as something that it is not.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby, permutations
from typing import Final

from failure_modes.facts import ReleaseFacts, UserView
from failure_modes.raw_shape import choice_problem, keys_problems, names_problems
from failure_modes.rule_vocabulary import ConversionKind, RuleScope
from failure_modes.vocabulary import Layer, Reason, Sides

CONVERSIONS_MAX: Final = 16
"""Conversions of one layer: more than two for each kind say that groups should be joined."""

GROUPS_MAX: Final = 64
"""Groups of one conversion."""

REASONS: Final[Mapping[ConversionKind, Reason]] = {
    ConversionKind.FORCE_MONO: Reason.CONVERTED_TO_MONO,
    ConversionKind.FORCE_DUPLEX: Reason.CONVERTED_TO_DUPLEX,
}

FORCE_MONO: Final = ConversionKind.FORCE_MONO
ONE_SIDED: Final = Sides.ONE_SIDED
"""Both are looked at for every job, and a global name is found in half the time."""

_NEAREST_FIRST: Final = {layer: place for place, layer in enumerate(reversed(Layer))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """One rule. Without groups it speaks of everybody in its scope."""

    kind: ConversionKind
    groups: frozenset[str] = frozenset()
    scope: RuleScope = RuleScope.RESTRICTED
    layer: Layer = Layer.BUILT_IN

    @property
    def reason(self) -> Reason:
        """What the person who prints is told."""
        return REASONS[self.kind]

    @property
    def rank(self) -> tuple[str, int, bool, str, list[str]]:
        """The place of this rule among others when a change is explained."""
        nearness = _NEAREST_FIRST[self.layer]
        return (self.kind, nearness, bool(self.groups), self.scope, sorted(self.groups))

    def speaks_of(self, user: UserView) -> bool:
        """Return whether `user` is meant."""
        if self.scope is RuleScope.RESTRICTED and not user.restricted:
            return False
        return not self.groups or not self.groups.isdisjoint(user.groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """Whom the conversions of one kind speak of, all of them together."""

    kind: ConversionKind
    everybody: bool
    everybody_restricted: bool
    groups: frozenset[str]
    groups_restricted: frozenset[str]
    """Groups whose restricted members are meant; `groups` are among them."""

    def has(self, user: UserView) -> bool:
        """Return whether any of the conversions speaks of `user`."""
        if user.restricted:
            return self.everybody_restricted or not self.groups_restricted.isdisjoint(user.groups)
        return self.everybody or not self.groups.isdisjoint(user.groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionSet:
    """Conversions ready to apply; make one with `conversion_set`."""

    rules: tuple[Conversion, ...] = ()
    """Every conversion, in the order in which they are named."""

    meant: tuple[Meant, ...] = field(default=(), compare=False, repr=False)
    """The same, one for each kind, so that many cost what one costs."""


NO_CONVERSIONS: Final = ConversionSet()


def conversion_set(conversions: Iterable[Conversion]) -> ConversionSet:
    """Return `conversions` ready to apply; their order does not matter."""
    rules = tuple(sorted(set(conversions), key=lambda rule: rule.rank))
    by_kind = groupby(rules, key=lambda rule: rule.kind)
    return ConversionSet(
        rules=rules, meant=tuple(_meant(kind, tuple(same)) for kind, same in by_kind)
    )


def _meant(kind: ConversionKind, rules: tuple[Conversion, ...]) -> Meant:
    of_all = tuple(rule for rule in rules if rule.scope is RuleScope.ALL)
    return Meant(
        kind=kind,
        everybody=not all(rule.groups for rule in of_all),
        everybody_restricted=not all(rule.groups for rule in rules),
        groups=frozenset().union(*(rule.groups for rule in of_all)),
        groups_restricted=frozenset().union(*(rule.groups for rule in rules)),
    )


def convert(
    conversions: ConversionSet, job: ReleaseFacts, user: UserView
) -> tuple[ReleaseFacts, tuple[Conversion, ...]]:
    """Return `job` as it will be printed, and the rules that changed it, one for each change."""
    kinds: tuple[ConversionKind, ...] = ()
    for meant in conversions.meant:
        if _would_change(meant.kind, job) and meant.has(user):
            kinds += (meant.kind,)
    if not kinds:
        return job, ()
    return _changed(job, kinds), tuple(_named(conversions, kind, user) for kind in kinds)


def _would_change(kind: ConversionKind, job: ReleaseFacts) -> bool:
    pages = job.pages
    if kind is FORCE_MONO:
        return not job.force_mono and (pages is None or pages.colour > 0)
    return job.sides is ONE_SIDED and (pages is None or pages.total > 1)


def _changed(job: ReleaseFacts, kinds: Container[ConversionKind]) -> ReleaseFacts:
    return replace(
        job,
        force_mono=job.force_mono or ConversionKind.FORCE_MONO in kinds,
        sides=Sides.TWO_SIDED_LONG_EDGE if ConversionKind.FORCE_DUPLEX in kinds else job.sides,
    )


def _named(conversions: ConversionSet, kind: ConversionKind, user: UserView) -> Conversion:
    return next(rule for rule in conversions.rules if rule.kind is kind and rule.speaks_of(user))


def problems(raw: object) -> list[str]:
    """Return all that is wrong with conversions as read from JSON."""
    if not isinstance(raw, list) or len(raw) > CONVERSIONS_MAX:
        return [f"not a list of at most {CONVERSIONS_MAX} conversions"]
    return [
        f"[{place}] {problem}" for place, item in enumerate(raw) for problem in _item_problems(item)
    ]


def needless(rules: Iterable[Conversion]) -> list[str]:
    """Return which conversions, of one layer, never change what another one does not."""
    return [
        f"[{place}] {rule.kind} never changes anything: [{wider}] speaks of everybody it does"
        for (place, rule), (wider, other) in permutations(enumerate(rules), 2)
        if _covers(other, rule) and (not _covers(rule, other) or wider < place)
    ]


def read(raw: Iterable[Mapping[str, object]], layer: Layer) -> tuple[Conversion, ...]:
    """Return the conversions of one layer; `raw` has no problems."""
    return tuple(_read(item, layer) for item in raw)


def _read(item: Mapping[str, object], layer: Layer) -> Conversion:
    groups = item.get("groups", ())
    return Conversion(
        kind=ConversionKind(str(item["kind"])),
        groups=frozenset(groups if isinstance(groups, list) else ()),
        scope=RuleScope(str(item.get("scope", RuleScope.RESTRICTED))),
        layer=layer,
    )


def _item_problems(item: object) -> list[str]:
    if not isinstance(item, Mapping):
        return [f"{item!r} is not an object"]
    found = keys_problems(item, ("kind",), ("groups", "scope"))
    if "kind" in item and (problem := choice_problem(item["kind"], list(ConversionKind))):
        found.append(f"kind: {problem}")
    if "groups" in item:
        found += [f"groups: {problem}" for problem in names_problems(item["groups"], GROUPS_MAX)]
    if "scope" in item and (problem := choice_problem(item["scope"], list(RuleScope))):
        found.append(f"scope: {problem}")
    return found


def _covers(wide: Conversion, narrow: Conversion) -> bool:
    return (
        wide.kind is narrow.kind
        and (wide.scope is RuleScope.ALL or narrow.scope is RuleScope.RESTRICTED)
        and (not wide.groups or (bool(narrow.groups) and narrow.groups <= wide.groups))
    )
