"""Answers "would this be allowed, and why?" without printing, reserving or writing anything.

The question is put to the same rules, with the same view, as the real thing. So the explanation can
tell no other story than the panel; only the link state may be supposed, for whoever wants to know
what an outage would do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from failure_modes.catalogue import CATALOGUE, money_text, render
from failure_modes.changes import Question
from failure_modes.explain import explain

if TYPE_CHECKING:
    from failure_modes.decision import Decision
    from failure_modes.explain import Change, Explanation
    from failure_modes.vocabulary import Reason
    from site_server.service.ground import Ground
    from site_server.service.supposed import Supposed
    from site_server.service.view import Decider


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """The explanation, and the currency that its amounts are in."""

    explanation: Explanation
    currency: str

    def as_json(self) -> dict[str, Any]:
        """Everything that is to be said, for programs; `lines` says it for people."""
        question, decision = self.explanation.question, self.explanation.decision
        return {
            "action": decision.action,
            "allowed": decision.allowed,
            "message": render(decision, self.currency),
            "link": question.link,
            "policy_version": question.policy.version,
            "currency": self.currency,
            "cost_micros": decision.cost_micros,
            "cost": money_text(decision.cost_micros, self.currency),
            "balance_micros": decision.balance_micros,
            "limit": decision.limit,
            "charge_to": decision.charge_to,
            "charge_account": decision.charge_account,
            "conversions": list(decision.conversions),
            "reasons": [self._reason(decision, each) for each in decision.reasons],
            "notes": [self._reason(decision, each) for each in decision.notes],
            "trace": [
                {
                    "rule": step.rule,
                    "layer": step.layer,
                    "outcome": step.outcome,
                    "detail": step.detail,
                }
                for step in decision.trace
            ],
            "changes": [self._change(each) for each in self.explanation.changes],
            "lines": list(self.explanation.lines(self.currency)),
        }

    def _reason(self, decision: Decision, reason: Reason) -> dict[str, str]:
        entry = CATALOGUE[reason]
        return {
            "reason": reason,
            "title": entry.title,
            "message": render(replace(decision, reasons=(reason,)), self.currency),
            "advice": entry.advice,
        }

    def _change(self, change: Change) -> dict[str, str]:
        reason = change.decision.reasons[0]
        return {
            "what": change.what,
            "action": change.decision.action,
            "reason": reason,
            "title": CATALOGUE[reason].title,
        }


def explain_decision(ground: Ground, decider: Decider, supposed: Supposed) -> Explained:
    """Explain what would be decided now; raises `RefusedError` where the printer is unknown."""
    known = decider.known(supposed.user_name, supposed.printer_name, supposed.charge)
    with ground.store.read() as site:
        view = decider.view(site, known)
    question = Question(
        facts=supposed.facts(known.policy),
        view=view,
        link=supposed.link or ground.link.state,
        policy=known.policy,
        now_ms=ground.clock.wall_ms(),
    )
    return Explained(explanation=explain(question), currency=known.currency)
