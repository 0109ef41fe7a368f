"""The accounts and groups that rules name, which must exist.

A rule that names an account which is not there refuses whatever it is asked for, and one that names
a group which is not there makes nobody a manager; whoever saved it believes otherwise. The built-in
rules are not looked at: an organisation may well have no managers.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, Literal, TypeAlias

from primary.policy_rules import LayerRules

Kind: TypeAlias = Literal["account", "group"]
KIND_OF_FIELD: Final[dict[str, Kind]] = {
    "offline_account_name": "account",
    "manager_group": "group",
}


def name_problems(policy: LayerRules, exists: Callable[[Kind, str], bool]) -> Iterator[str]:
    """Yield what these rules name and is not there; what is wrong in itself is left out."""
    title = f"{policy.layer} {policy.scope}".rstrip()
    for where, fields in _field_sets(policy.rules):
        for field, kind in KIND_OF_FIELD.items():
            name = fields.get(field)
            if isinstance(name, str) and not exists(kind, name):
                yield (
                    f"{title}: {where}{field}: there is no {kind} {name!r}; make it first or "
                    "correct the name"
                )


def _field_sets(rules: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - as it was handed in
    """The rules, and those of each escalation step."""
    yield "", rules
    steps = rules.get("escalation")
    for number, step in enumerate(steps if isinstance(steps, list) else ()):
        if isinstance(step, dict) and isinstance(step.get("rules"), dict):
            yield f"escalation: {number}: ", step["rules"]
