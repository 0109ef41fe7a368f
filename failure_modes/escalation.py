"""Escalation: rules that replace others the longer a site stays cut off.

A step is `{"after_ms": 14400000, "rules": {"credit": "offline_ceiling"}}`. Steps add up: a later
one is laid over all earlier ones. A step at 0 ms is what applies offline at all, which is how an
offline policy that differs from the online one is written. The order in the list never matters;
two steps at the same time would make it matter, so they are refused.

The steps are laid over the policy once, when it is made. A decision only picks one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from failure_modes.policy_fields import PolicyField
from failure_modes.raw_shape import keys_problems, number_problem
from failure_modes.vocabulary import Layer

STEPS_MAX: Final = 10
"""Steps of one list: more than anybody could keep in mind during an outage."""
AFTER_MS_MAX: Final = 366 * 24 * 3_600_000
KEYS: Final = ("after_ms", "rules")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Fields, as the policy keeps them, that replace others after so long an outage."""

    after_ms: int
    rules: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The field that lists the steps; `fields` are the ones that a step may set."""

    fields: Mapping[str, PolicyField]

    @property
    def range_text(self) -> str:
        """An example, which says more than a rule."""
        return '`[{"after_ms": 14400000, "rules": {"credit": "offline_ceiling"}}]`'

    def problems(self, value: object) -> list[str]:
        """Return everything that is wrong with a list of steps as it came from JSON."""
        if not isinstance(value, list) or len(value) > STEPS_MAX:
            return [f"this is not a list of up to {STEPS_MAX} steps"]
        problems = [
            f"{place}: {problem}"
            for place, step in enumerate(value)
            for problem in self._step_problems(step)
        ]
        if problems:
            return problems
        times = [step["after_ms"] for step in value]
        return [
            f"two steps begin after {after_ms} ms; put their rules into one"
            for after_ms in sorted({each for each in times if times.count(each) > 1})
        ]

    def read(self, value: Any, layer: Layer) -> tuple[Step, ...]:  # noqa: ANN401 - checked above
        """Return the steps, earliest first."""
        steps = [
            Step(
                after_ms=step["after_ms"],
                rules={
                    name: self.fields[name].read(rule, layer)
                    for name, rule in step["rules"].items()
                },
            )
            for step in value
        ]
        return tuple(sorted(steps, key=lambda step: step.after_ms))

    def _step_problems(self, step: object) -> list[str]:
        if not isinstance(step, Mapping):
            return ["this is no step with after_ms and rules"]
        problems = keys_problems(step, KEYS)
        if problems:
            return problems
        late = number_problem(step["after_ms"], 0, AFTER_MS_MAX, "ms")
        problems = [f"after_ms: {late}"] if late else []
        rules = step["rules"]
        if not isinstance(rules, Mapping) or not rules:
            return [*problems, "rules: this is not a set of policy fields"]
        for name, rule in rules.items():
            if name not in self.fields:
                known = ", ".join(self.fields)
                problems.append(f"rules.{name}: no step can set this; known are: {known}")
                continue
            problems += [f"rules.{name}: {each}" for each in self.fields[name].problems(rule)]
        return problems
