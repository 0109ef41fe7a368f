from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

from tests.tidy.source import EVERYTHING, PRODUCT, ROOT, python_files, shown, tree

if TYPE_CHECKING:
    from pathlib import Path

REPLACEMENTS = {
    r"\b(TODO|FIXME|XXX|HACK)\b": "do it now, or open an issue and name nothing here",
    r"\bNotImplementedError\b": "leave the method out; a protocol says what an adapter must have",
    r"pragma: no cover": "test the line, or remove it",
    r"\bbreakpoint\(|\bpdb\b": "remove the debugger",
}


def prose_and_code() -> list[Path]:
    texts = (ROOT / "docs").rglob("*.md")
    return [*python_files(*EVERYTHING), *texts, ROOT / "README.md", ROOT / "Makefile"]


@pytest.mark.parametrize("pattern", REPLACEMENTS)
def test_nothing_unfinished_is_left(pattern: str) -> None:
    found = [
        f"{shown(path)}:{number}"
        for path in prose_and_code()
        if path.name != "test_leftovers.py"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if re.search(pattern, line)
    ]

    assert not found, f"{REPLACEMENTS[pattern]}: {found}"


def test_tests_hand_values_in_instead_of_patching() -> None:
    found = [
        f"{shown(path)}:{argument.lineno}"
        for path in python_files("tests")
        for argument in ast.walk(tree(path))
        if isinstance(argument, ast.arg) and argument.arg in {"monkeypatch", "mocker"}
    ]

    assert not found, f"hand in a config, an environ or a double of <package>/testing.py: {found}"


def test_every_public_module_says_what_it_is_for() -> None:
    found = [
        shown(path)
        for path in python_files(*PRODUCT)
        if tree(path).body and not ast.get_docstring(tree(path))
    ]

    assert not found, f"begin the file with one line that says what it holds: {found}"
