"""Explain a decision: the reasons, the rule and layer behind each, and what would have changed it.

What would have changed it is not worked out by a second set of rules, which would sooner or later
tell another story than the first. The question is asked again with one thing changed, and again
with another, and those whose answer differs are shown. Each carries its whole question, so that
anybody can ask it again.

Some hundred decisions make one explanation: a few milliseconds, for a person who asks why.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from failure_modes.catalogue import CATALOGUE, money_text, render
from failure_modes.changes import Question, variants
from failure_modes.decide import decide
from failure_modes.decision import Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that would have led to another action."""

    what: str
    question: Question
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A decision with all that is to be said about it."""

    question: Question
    decision: Decision
    changes: tuple[Change, ...]

    def lines(self, currency: str) -> Iterator[str]:
        """Return the explanation in words, line by line."""
        decision = self.decision
        yield f"{decision.action}: {render(decision, currency)}"
        if decision.lines:
            yield f"Cost: {money_text(decision.cost_micros, currency)}"
        payer = decision.charge_account or decision.charge_to
        if payer:
            yield f"Charged to: {payer}"
        for reason in (*decision.reasons, *decision.notes):
            yield f"Reason {reason}: {CATALOGUE[reason].advice}"
        for step in decision.trace:
            detail = f" ({step.detail})" if step.detail else ""
            yield f"Rule {step.rule}, set by {step.layer}: {step.outcome}{detail}"
        for change in self.changes:
            reason = change.decision.reasons[0]
            yield f"With {change.what}: {change.decision.action} ({CATALOGUE[reason].title})"


def explain(question: Question) -> Explanation:
    """Return the decision about `question` and every single change that would turn it."""
    decision = answer(question)
    changes = []
    for variant in variants(question, decision):
        other = answer(variant.question)
        if other.action is not decision.action:
            changes.append(Change(what=variant.what, question=variant.question, decision=other))
    return Explanation(question=question, decision=decision, changes=tuple(changes))


def answer(question: Question) -> Decision:
    """Return the decision about `question`."""
    return decide(question.facts, question.view, question.link, question.policy, question.now_ms)
