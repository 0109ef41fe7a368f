"""The answer to a question: what to do, what it costs, and why."""

from dataclasses import dataclass
from typing import Final

from failure_modes.errors import check
from failure_modes.pricing import CostLine
from failure_modes.rule_vocabulary import ConversionKind
from failure_modes.vocabulary import Action, Layer, Micros, Reason

GO_AHEAD: Final = frozenset({Action.ALLOW, Action.PRINT_UNLOGGED, Action.PRINT_AND_LOG_LATER})
NOTHING: Final = Micros(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Credit to set aside, before the first byte goes out, until the outcome is known.

    With `account_name` the credit is that shared account's; `user_name` is then who asked, and
    empty where nobody proved to be anybody.
    """

    user_name: str
    amount_micros: Micros
    account_name: str | None = None


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One rule that was looked at: what came out, and which layer had set the rule.

    The detail is kept as a template and its values and put together when somebody reads it: most
    traces are never read, and writing one is on the way of every job.
    """

    rule: str
    layer: Layer
    outcome: str
    template: str = ""
    values: tuple[object, ...] = ()

    @property
    def detail(self) -> str:
        """What was compared with what."""
        return self.template.format(*self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do now.

    `reasons` is never empty; the first one weighs most. `lines` add up to `cost_micros`.
    `balance_micros` is the balance that was looked at, `limit` the bound that was broken, in the
    unit of its reason; both are None where they played no part.

    `charge_to` is the user who pays, `charge_account` the shared account that pays instead.
    `conversions` is what has to be done to the job before it is printed: its price counts on it.
    `notes` are reasons that are the operator's matter and change nothing for the person who asks.
    """

    action: Action
    reasons: tuple[Reason, ...]
    cost_micros: Micros = NOTHING
    charge_to: str | None = None
    reservations: tuple[Reservation, ...] = ()
    trace: tuple[TraceStep, ...] = ()
    lines: tuple[CostLine, ...] = ()
    balance_micros: Micros | None = None
    limit: int | None = None
    charge_account: str | None = None
    conversions: tuple[ConversionKind, ...] = ()
    notes: tuple[Reason, ...] = ()

    def __post_init__(self) -> None:
        check(self.reasons, "a decision has a reason")
        if self.reservations:
            check(self.allowed, "nothing is reserved for what does not go on")

    @property
    def allowed(self) -> bool:
        """Whether the asker goes ahead now. A held job is accepted, but does not go ahead."""
        return self.action in GO_AHEAD
