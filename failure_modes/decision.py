"""The answer to a question: what to do, what it costs, and why."""

from dataclasses import dataclass
from typing import Final

from failure_modes.errors import check
from failure_modes.pricing import CostLine
from failure_modes.vocabulary import Action, Layer, Micros, Reason

GO_AHEAD: Final = frozenset({Action.ALLOW, Action.PRINT_UNLOGGED, Action.PRINT_AND_LOG_LATER})
NOTHING: Final = Micros(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Credit to set aside, before the first byte goes out, until the outcome is known."""

    user_name: str
    amount_micros: Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceStep:
    """One rule that was looked at: what came out, and which layer had set the rule."""

    rule: str
    layer: Layer
    outcome: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do now.

    `reasons` is never empty; the first one weighs most. `lines` add up to `cost_micros`.
    `balance_micros` is the balance that was looked at, `limit` the bound that was broken, in the
    unit of its reason; both are None where they played no part.
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

    def __post_init__(self) -> None:
        check(self.reasons, "a decision has a reason")
        check(self.allowed or not self.reservations, "nothing is reserved for what does not go on")

    @property
    def allowed(self) -> bool:
        """Whether the asker goes ahead now. A held job is accepted, but does not go ahead."""
        return self.action in GO_AHEAD
