"""One question while it is being answered."""

from dataclasses import dataclass

from failure_modes.decision import Decision, TraceStep
from failure_modes.facts import View
from failure_modes.policy import Policy
from failure_modes.vocabulary import Action, LinkState, Reason, WallMs


@dataclass(slots=True, kw_only=True)
class Case:
    """What every rule may look at, and the trace that each one extends.

    The only value of this package that changes: it lives for one call of `decide`, and copying a
    trace at every step would cost more than the decision.
    """

    view: View
    link: LinkState
    policy: Policy
    """The policy of this moment: escalation is already in it."""
    now_ms: WallMs
    outage_ms: int | None
    """How long the present outage has lasted, None where there is none."""
    trace: list[TraceStep]
    notes: tuple[Reason, ...] = ()

    @property
    def replica_age_ms(self) -> int:
        """How old the site's knowledge is; 0 where nobody said. A clock set back makes it new."""
        replica_ms = self.view.replica_ms
        return 0 if replica_ms is None else max(self.now_ms - replica_ms, 0)

    def answer(self, action: Action, reason: Reason, rule: str) -> Decision:
        """Answer without counting anything."""
        self.trace.append(TraceStep(rule, self.policy.layer_of(rule), reason))
        return Decision(action=action, reasons=(reason,), trace=tuple(self.trace), notes=self.notes)
