"""The configured rules, their bounds, and how layers of them become one policy.

A layer is a partial set of fields, as read from a file or a directory row. Layers are laid over
each other, built-in < global < site < printer, and the policy remembers which layer set each
field, so that a decision can name it. Two fields add up instead: filters and conversions of all
layers hold together, because a printer that adds a rule must not switch off those of its site.

What is refused here is what `decide` could not handle. What it could handle but nobody can mean,
such as a rule that is never reached, `policy_check.py` finds when a policy is saved. A site does
not look for that: it would rather decide by an odd policy than by none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from failure_modes import conversions, filter_rules
from failure_modes.conversions import NO_CONVERSIONS, ConversionSet, conversion_set
from failure_modes.device_offline import DeviceOffline, DeviceRules
from failure_modes.errors import PolicyError
from failure_modes.escalation import AFTER_MS_MAX, Step, Steps
from failure_modes.filters import NO_FILTERS, FilterSet, filter_set
from failure_modes.opening_hours import ALWAYS_OPEN, OpeningHours
from failure_modes.policy_fields import (
    Choice,
    Flag,
    Hours,
    Name,
    PaperSize,
    PolicyField,
    Range,
    Rules,
)
from failure_modes.vocabulary import (
    AccountSelection,
    CreditPolicy,
    Layer,
    Micros,
    PasswordLogin,
    Unauthenticated,
    UncountedDocument,
)

DAY_MS: Final = 24 * 3_600_000
OFFLINE_CEILING: Final = Micros(5_000_000)

NO_DEVICE_MODE: Final = DeviceOffline()

# A year: whoever leaves a branch cut off for longer has closed it.
AGE: Final = Range(low=0, high=AFTER_MS_MAX, unit="ms")

CHANGING_FIELDS: Final[Mapping[str, PolicyField]] = {
    "credit": Choice(kind=CreditPolicy),
    # A million currency units: beyond any print job, and far from the end of 64 bits.
    "offline_ceiling_micros": Range(low=0, high=10**12, unit="micros"),
    "account_selection": Choice(kind=AccountSelection),
    "offline_account_name": Name(),
    "unauthenticated": Choice(kind=Unauthenticated),
    "pin_needed": Flag(),
    "password_login": Choice(kind=PasswordLogin),
    "card_self_registration": Flag(),
    "uncounted_document": Choice(kind=UncountedDocument),
    # 1000: a guess higher than that would be a punishment, not an estimate.
    "uncounted_pages": Range(low=1, high=1_000, unit="impressions"),
    # A million impressions is a month of the fastest office printer.
    "pages_max": Range(low=1, high=1_000_000, unit="impressions"),
    # Four digits are what printer panels and drivers let a person type.
    "copies_max": Range(low=1, high=9_999, unit="copies"),
    "opening_hours": Hours(),
    "filters": Rules(
        range_text="a list of filters",
        find_problems=filter_rules.problems,
        read_all=filter_rules.read,
    ),
    "conversions": Rules(
        range_text="a list of conversions",
        find_problems=conversions.problems,
        read_all=conversions.read,
    ),
}
"""What an escalation step may set, too."""

FIELDS: Final[Mapping[str, PolicyField]] = {
    "version": Range(low=0, high=2**53, unit="(the number of the newest change)"),
    **CHANGING_FIELDS,
    "ask_for_account": Flag(),
    "manager_group": Name(),
    "password_hash_age_max_ms": AGE,
    "credential_age_max_ms": AGE,
    "offline_warn_ms": AGE,
    "offline_stop_ms": AGE,
    "late_upload_max_ms": AGE,
    "device_offline": DeviceRules(),
    "default_paper_size": PaperSize(),
    "escalation": Steps(fields=CHANGING_FIELDS),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules of one question. The defaults are the built-in layer."""

    version: int = 0
    """The highest version of its layers; one counter at the primary numbers every change."""

    credit: CreditPolicy = CreditPolicy.REPLICA_BALANCE
    offline_ceiling_micros: Micros = OFFLINE_CEILING
    """What a restricted payer may spend in one outage under `offline_ceiling`."""

    ask_for_account: bool = False
    """Whether a person is asked at the device who pays. Off: most people only ever pay themselves,
    and each question at a device costs them time."""
    account_selection: AccountSelection = AccountSelection.SHARED
    offline_account_name: str = "Offline Account"
    """The shared account that pays when nobody could be asked."""
    unauthenticated: Unauthenticated = Unauthenticated.CANCEL
    manager_group: str = "managers"
    """Whose members may release and delete other people's jobs at this printer. A group that does
    not exist has no members."""

    pin_needed: bool = False
    """Whether a card alone is not enough: its owner types a PIN, too."""
    password_login: PasswordLogin = PasswordLogin.DENY
    password_hash_age_max_ms: int = 7 * DAY_MS
    """How old the replica may be for a password to be checked in it."""
    credential_age_max_ms: int = 14 * DAY_MS
    """How old the replica may be for a card or a PIN to be believed."""

    card_self_registration: bool = False
    """Whether people register cards themselves. Off: a site that does not know its people should
    not let them make cards."""

    offline_warn_ms: int = 7 * DAY_MS
    """After how long an outage every decision carries a warning for the operator."""
    offline_stop_ms: int = 14 * DAY_MS
    """After how long an outage nothing is let out any more. Steps in between: `escalation`."""
    late_upload_max_ms: int = 90 * DAY_MS
    """How old a job may be that was printed without an answer, and still be charged."""
    device_offline: DeviceOffline = NO_DEVICE_MODE
    """What a device does by itself that reaches nobody. A stronger layer replaces all of it."""

    uncounted_document: UncountedDocument = UncountedDocument.DENY
    uncounted_pages: int = 10
    """Mono impressions per copy that `charge_fixed` charges for."""

    pages_max: int = 10_000
    """Impressions of one job, all copies: twenty reams of paper, no accident goes beyond."""
    copies_max: int = 999
    """Copies of one job: the usual upper value of IPP's `copies-supported`."""

    default_paper_size: str = ""
    """The paper that a job is taken to be on if it names none, for its price and for filters."""

    opening_hours: OpeningHours = ALWAYS_OPEN
    filters: FilterSet = NO_FILTERS
    conversions: ConversionSet = NO_CONVERSIONS

    escalation: tuple["Stage", ...] = ()
    """What replaces this policy during an outage, earliest first."""

    set_by: Mapping[str, Layer] = field(default_factory=dict, compare=False)
    """Which layer set which field; a field that is missing here is built in."""

    def __post_init__(self) -> None:
        plain = {name: each for name, each in FIELDS.items() if not isinstance(each, _READ_DEEPER)}
        problems = [
            f"{name}: {problem}"
            for name, each in plain.items()
            for problem in each.problems(getattr(self, name))
        ]
        if problems:
            raise PolicyError(problems)

    def layer_of(self, name: str) -> Layer:
        """Return the layer that set the field `name`."""
        return self.set_by.get(name, Layer.BUILT_IN)

    def after(self, outage_ms: int) -> "Policy":
        """Return the policy that applies when an outage has lasted so long."""
        applied = self
        for stage in self.escalation:
            if stage.after_ms > outage_ms:
                break
            applied = stage.policy
        return applied


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The whole policy that applies from one escalation step on."""

    after_ms: int
    policy: Policy


_READ_DEEPER: Final = (Hours, Rules, Steps, DeviceRules)
"""Fields that a policy keeps in another shape than JSON has; reading them checked them."""


def field_problems(layers: Mapping[Layer, Mapping[str, object]]) -> list[str]:
    """Return every problem of every field, also of those that a stronger layer overrides.

    A wrong value that waits for its turn is a trap.
    """
    return [
        f"{layer}.{name}: {problem}"
        for layer in Layer
        for name, value in layers.get(layer, {}).items()
        for problem in value_problems(name, value)
    ]


def resolve(layers: Mapping[Layer, Mapping[str, object]]) -> Policy:
    """Return the policy that these layers make, laid over the built-in one.

    Raises PolicyError with every problem that `field_problems` finds.
    """
    problems = field_problems(layers)
    if problems:
        raise PolicyError(problems)
    laid = _Laid({}, {})
    steps: tuple[Step, ...] = ()
    for layer in Layer:
        for name, value in layers.get(layer, {}).items():
            read: Any = FIELDS[name].read(value, layer)
            if name == "escalation":
                steps, laid.set_by[name] = read, layer
            else:
                laid.lay(name, read, layer)
    base = laid.policy()
    return replace(base, escalation=_stages(laid, steps)) if steps else base


def _stages(laid: "_Laid", steps: tuple[Step, ...]) -> tuple[Stage, ...]:
    """Return the policies that apply from each step on; a step keeps what earlier ones set."""
    layer, stages = laid.set_by["escalation"], []
    for step in steps:
        for name, read in step.rules.items():
            laid.lay(name, read, layer)
        stages.append(Stage(after_ms=step.after_ms, policy=laid.policy()))
    return tuple(stages)


@dataclass(frozen=True, slots=True)
class _Laid:
    """Fields that have been laid over each other so far."""

    chosen: dict[str, Any]
    set_by: dict[str, Layer]

    def lay(self, name: str, read: Any, layer: Layer) -> None:  # noqa: ANN401 - any field
        """Lay one field over what is there."""
        before = self.chosen.get(name)
        if name in _ADDING_UP and before is not None:
            read = (*before, *read)
        elif name == "version" and before is not None:
            read = max(before, read)
        self.chosen[name] = read
        self.set_by[name] = layer

    def policy(self) -> Policy:
        """Return the policy that these fields make."""
        made = {
            name: _ADDING_UP[name](read) if name in _ADDING_UP else read
            for name, read in self.chosen.items()
        }
        return Policy(**made, set_by=dict(self.set_by))


_ADDING_UP: Final[Mapping[str, Callable[[Any], Any]]] = {
    "filters": filter_set,
    "conversions": conversion_set,
}


def value_problems(name: str, value: object) -> list[str]:
    """Return everything that is wrong with one field."""
    if name not in FIELDS:
        return [f"there is no such field; known are: {', '.join(FIELDS)}"]
    return FIELDS[name].problems(value)
