from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tests.tidy.source import python_files, shown, tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PURE = {
    "__future__",
    "bisect",
    "collections",
    "dataclasses",
    "decimal",
    "enum",
    "fractions",
    "functools",
    "heapq",
    "itertools",
    "math",
    "operator",
    "re",
    "string",
    "types",
    "typing",
}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def test_decisions_are_made_from_pure_modules_only() -> None:
    found = [
        f"{shown(path)}: {name}"
        for path in python_files("failure_modes")
        for name in imported(path)
        if name not in PURE | {"failure_modes"}
    ]

    assert not found, f"hand in what it should know (time, chance, rows) as a fact: {found}"


def test_decisions_are_never_asynchronous() -> None:
    found = [
        f"{shown(path)}:{node.lineno}"
        for path in python_files("failure_modes")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.AsyncFunctionDef | ast.Await)
    ]

    assert not found, f"decide between two awaits and return what must be sent: {found}"
