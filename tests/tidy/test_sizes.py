from __future__ import annotations

import ast

from tests.tidy.source import EVERYTHING, python_files, shown, tree

FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 50


def test_no_file_is_too_long_to_be_read_at_once() -> None:
    sizes = {shown(path): len(path.read_text().splitlines()) for path in python_files(*EVERYTHING)}
    long = {name: lines for name, lines in sizes.items() if lines > FILE_LINES_MAX}

    assert not long, f"split along its nouns, at most {FILE_LINES_MAX} lines: {long}"


def test_no_function_is_too_long_to_be_seen_at_once() -> None:
    long = {
        f"{shown(path)}:{node.lineno} {node.name}": lines
        for path in python_files(*EVERYTHING)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES_MAX
    }

    assert not long, (
        f"branch in one parent and name its leaves, at most {FUNCTION_LINES_MAX} lines: {long}"
    )


def test_no_folder_collects_what_has_no_name() -> None:
    names = {"common", "helpers", "misc", "shared", "utils"}
    found = sorted(
        shown(path)
        for path in python_files(*EVERYTHING)
        if names & {part.removesuffix(".py") for part in path.parts[-3:]}
    )

    assert not found, f"name it after the one noun it holds: {found}"
