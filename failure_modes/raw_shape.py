"""What is wrong with the shape of a rule as it was read from JSON.

Each function returns problems in words instead of raising, so that a person who saves a policy
sees all of them at once.
"""

from collections.abc import Collection, Mapping
from typing import Final

NAME_CHARS_MAX: Final = 255
"""Characters of a group, a media size or a MIME type; IPP's `name` has the same bound."""


def number_problem(value: object, low: int, high: int, unit: str = "") -> str | None:
    """Return what is wrong with a whole number, if anything. True and False are no numbers."""
    if type(value) is int and low <= value <= high:
        return None
    of_unit = f" of {unit}" if unit else ""
    return f"{value!r} is not a whole number{of_unit} from {low} to {high}"


def name_problem(value: object) -> str | None:
    """Return what is wrong with a name, if anything."""
    if isinstance(value, str) and 0 < len(value) <= NAME_CHARS_MAX and value == value.strip():
        return None
    return f"{value!r} is not a name of 1 to {NAME_CHARS_MAX} characters without outer spaces"


def names_problems(value: object, count_max: int, *, lower_case: bool = False) -> list[str]:
    """Return what is wrong with a list of different names, if anything."""
    if not isinstance(value, list) or not 1 <= len(value) <= count_max:
        return [f"{_short(value)} is not a list of 1 to {count_max} names"]
    problems = [problem for name in value if (problem := name_problem(name))]
    if problems:
        return problems
    if len(set(value)) < len(value):
        problems.append("a name stands there twice")
    if lower_case:
        problems += [f"'{name}' is not in lower case" for name in value if name != name.lower()]
    return problems


def choice_problem(value: object, offered: Collection[str]) -> str | None:
    """Return what is wrong with one name of a closed list, if anything."""
    if isinstance(value, str) and value in offered:
        return None
    return f"{value!r} is not known; choose one of: {', '.join(offered)}"


def keys_problems(
    raw: Mapping[str, object], needed: Collection[str], optional: Collection[str] = ()
) -> list[str]:
    """Return which keys are missing and which are not known."""
    known = (*needed, *optional)
    missing = [f"'{key}' is missing" for key in needed if key not in raw]
    unknown = [
        f"'{key}' is not known here; known are: {', '.join(known)}"
        for key in raw
        if key not in known
    ]
    return missing + unknown


def _short(value: object) -> str:
    return f"a list of {len(value)}" if isinstance(value, list) else repr(value)
