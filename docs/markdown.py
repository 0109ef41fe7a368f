"""Pieces of Markdown, and the words that the code has for its own fields."""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

UNITS_MS: Final = (
    ("day", 86_400_000),
    ("hour", 3_600_000),
    ("minute", 60_000),
    ("second", 1_000),
)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; what would end a cell is written so that it does not."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def code(name: object) -> str:
    """A name as it is stored and sent."""
    return f"`{name}`"


def page(*parts: str) -> str:
    """A whole file; a part without words is left out."""
    return "\n\n".join(text for part in parts if (text := part.strip())) + "\n"


def duration(ms: int) -> str:
    """A time such as "7 days", in the largest unit that divides it."""
    for unit, unit_ms in UNITS_MS:
        if ms >= unit_ms and ms % unit_ms == 0:
            count = ms // unit_ms
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return f"{ms} ms"


def value_text(name: str, value: object) -> str:
    """The value of a field, its unit taken from the end of its name."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and name.endswith("_ms"):
        return duration(value)
    if isinstance(value, int):
        return f"{value:,}"
    return code(value) if isinstance(value, str) and value else "none"


def field_docs(kind: type) -> dict[str, str]:
    """What stands below each field of a class or member of an enumeration, on one line."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    docs: dict[str, str] = {}
    name = None
    for node in body.body if isinstance(body, ast.ClassDef) else ():
        match node:
            case (
                ast.AnnAssign(target=ast.Name(id=found)) | ast.Assign(targets=[ast.Name(id=found)])
            ):
                name = found
            case ast.Expr(value=ast.Constant(value=str(text))) if name:
                docs[name] = " ".join(text.split())
                name = None
            case _:
                name = None
    return docs


def doc(kind: type) -> str:
    """The first line of what a class says about itself."""
    return (kind.__doc__ or "").strip().split("\n", 1)[0]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
