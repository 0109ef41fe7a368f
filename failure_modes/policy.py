"""The configured rules, their bounds, and how layers of them become one policy.

A layer is a partial set of fields, as read from a file or a directory row. Layers are laid over
each other, built-in < global < site < printer, and the policy remembers which layer set each
field, so that a decision can name it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, TypeAlias

from failure_modes import credit
from failure_modes.errors import PolicyError
from failure_modes.vocabulary import CreditPolicy, Layer, UncountedDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A field that is one of a closed list; `offered` may be shorter than the list."""

    kind: type[StrEnum]
    offered: frozenset[StrEnum]

    def problem(self, value: object) -> str | None:
        """Return what is wrong with `value`, if anything."""
        if value in self.offered_names:
            return None
        names = ", ".join(self.offered_names)
        if value in list(self.kind):
            return f"'{value}' is not offered yet; choose one of: {names}"
        return f"{value!r} is not known; choose one of: {names}"

    def read(self, value: object) -> object:
        """Return `value`, which has no problem, as the policy keeps it."""
        return self.kind(str(value))

    @property
    def offered_names(self) -> list[str]:
        """What may be chosen, in the order of the list."""
        return [name.value for name in self.kind if name in self.offered]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A field that is a whole number within bounds."""

    low: int
    high: int
    unit: str

    def problem(self, value: object) -> str | None:
        """Return what is wrong with `value`, if anything. True and False are no numbers."""
        if type(value) is int and self.low <= value <= self.high:
            return None
        return f"{value!r} is not a whole number of {self.unit} from {self.low} to {self.high}"

    def read(self, value: object) -> object:
        """Return `value`, which has no problem, as the policy keeps it."""
        return value


Rule: TypeAlias = Choice | Range

RULES: Final[Mapping[str, Rule]] = {
    "credit": Choice(kind=CreditPolicy, offered=frozenset(credit.OFFERED)),
    "uncounted_document": Choice(kind=UncountedDocument, offered=frozenset(UncountedDocument)),
    # 1000: a guess higher than that would be a punishment, not an estimate.
    "uncounted_pages": Range(low=1, high=1_000, unit="impressions"),
    # A million impressions is a month of the fastest office printer.
    "pages_max": Range(low=1, high=1_000_000, unit="impressions"),
    # Four digits are what printer panels and drivers let a person type.
    "copies_max": Range(low=1, high=9_999, unit="copies"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules of one question. The defaults are the built-in layer."""

    credit: CreditPolicy = CreditPolicy.REPLICA_BALANCE

    uncounted_document: UncountedDocument = UncountedDocument.DENY
    uncounted_pages: int = 10
    """Mono impressions per copy that `charge_fixed` charges for."""

    pages_max: int = 10_000
    """Impressions of one job, all copies: twenty reams of paper, no accident goes beyond."""
    copies_max: int = 999
    """Copies of one job: the usual upper value of IPP's `copies-supported`."""

    set_by: Mapping[str, Layer] = field(default_factory=dict, compare=False)
    """Which layer set which field; a field that is missing here is built in."""

    def __post_init__(self) -> None:
        found = ((name, rule.problem(getattr(self, name))) for name, rule in RULES.items())
        problems = [f"{name}: {problem}" for name, problem in found if problem]
        if problems:
            raise PolicyError(problems)

    def layer_of(self, name: str) -> Layer:
        """Return the layer that set the field `name`."""
        return self.set_by.get(name, Layer.BUILT_IN)


def resolve(layers: Mapping[Layer, Mapping[str, object]]) -> Policy:
    """Return the policy that these layers make, laid over the built-in one.

    Raises PolicyError with every problem of every layer, also of values that a stronger layer
    overrides: a wrong value that waits for its turn is a trap.
    """
    chosen: dict[str, Any] = {}
    set_by: dict[str, Layer] = {}
    problems: list[str] = []
    for layer in Layer:
        for name, value in layers.get(layer, {}).items():
            problem = _problem(name, value)
            if problem:
                problems.append(f"{layer}.{name}: {problem}")
                continue
            chosen[name] = RULES[name].read(value)
            set_by[name] = layer
    if problems:
        raise PolicyError(problems)
    return Policy(**chosen, set_by=set_by)


def _problem(name: str, value: object) -> str | None:
    if name not in RULES:
        return f"there is no such field; known are: {', '.join(RULES)}"
    return RULES[name].problem(value)
