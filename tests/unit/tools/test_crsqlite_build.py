from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools.console import StepError
from tools.crsqlite_build import Edit, apply, rust_is_fit, wanted_packages

if TYPE_CHECKING:
    from pathlib import Path

EDIT = Edit(path="lib.rs", old='("main", x)', new='("main\\0", x)', times=2)


def source(folder: Path, text: str) -> Path:
    (folder / "lib.rs").write_text(text, encoding="utf-8")
    return folder


def test_an_edit_changes_every_place_it_expects(tmp_path: Path) -> None:
    apply(EDIT, source(tmp_path, 'a("main", x) b("main", x)'))

    assert (tmp_path / "lib.rs").read_text() == 'a("main\\0", x) b("main\\0", x)'


@pytest.mark.parametrize("text", ["", '("main", x)', '("main", x)' * 3, '("main\\0", x)' * 2])
def test_a_source_with_another_text_is_refused_and_left_alone(tmp_path: Path, text: str) -> None:
    with pytest.raises(StepError, match="another version"):
        apply(EDIT, source(tmp_path, text))

    assert (tmp_path / "lib.rs").read_text() == text


def test_a_source_without_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StepError, match=r"no lib\.rs"):
        apply(EDIT, tmp_path)


@pytest.mark.parametrize(
    ("text", "fit"),
    [
        ("rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)", True),
        ("rustc 1.75.0", True),
        ("rustc 1.63.0", False),
        ("", False),
        (None, False),
    ],
)
def test_only_a_compiler_new_enough_for_the_source_is_used(text: str | None, fit: bool) -> None:
    assert rust_is_fit(text) is fit


def test_debian_12_is_offered_the_compiler_that_is_new_enough_there() -> None:
    assert wanted_packages("12", rust=False, libclang=False) == ["cargo-web", "libclang-14-dev"]
    assert wanted_packages("13", rust=False, libclang=False) == ["cargo", "libclang-dev"]
    assert wanted_packages("12", rust=True, libclang=True) == []
