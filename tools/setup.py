"""Makes `.venv` from the locks: `python3 -m tools.setup`, a prerequisite of every make target.

Three installations, each with nothing left to choose: pip and setuptools from `tools/build.lock`,
then everything else from `requirements.lock`, then the project itself, editable. The first exists
because a source package in the second is built with the setuptools at hand instead of one fetched
unpinned.
"""

import hashlib
import importlib.util
import os
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from tools import debian
from tools.console import StepError, answer, run, say
from tools.record import ROOT

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "holdfast-setup"
BUILD_LOCK = ROOT / "tools" / "build.lock"
LOCK = ROOT / "requirements.lock"


def main() -> int:
    """Make the environment unless it is already the one the locks describe."""
    try:
        if _stamp() != _wanted():
            _make()
    except StepError as error:
        print(f"make setup: {error}", file=sys.stderr)
        return 1
    return 0


def _make() -> None:
    say("==> Python environment (.venv)")
    if answer([PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]) is None:
        _ensure_venv_module()
        run("python -m venv .venv", [sys.executable, "-m", "venv", "--clear", VENV])
    if answer([PYTHON, "-m", "pip", "--version"]) is None:
        run("python -m ensurepip", [PYTHON, "-m", "ensurepip"])
    count = sum("==" in line for line in LOCK.read_text(encoding="utf-8").splitlines())
    _pip("pip and setuptools", ["-r", BUILD_LOCK, "--require-hashes"])
    _pip(
        f"{count} pinned packages (about a minute)",
        ["-r", LOCK, "--require-hashes", "--no-deps", "--no-build-isolation"],
    )
    _pip("holdfast itself, editable", ["-e", ROOT, "--no-deps", "--no-build-isolation"])
    STAMP.write_text(_wanted(), encoding="utf-8")
    say("  ready")


def _pip(what: str, arguments: Sequence[str | Path]) -> None:
    command: list[str | Path] = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    try:
        run(f"pip install: {what}", [*command, *arguments])
    except StepError as error:
        raise StepError(
            f"{error}\nIf the package index was out of reach, run this once it is back:",
            "make setup",
        ) from error


def _ensure_venv_module() -> None:
    if importlib.util.find_spec("ensurepip") is None:
        debian.install(["python3-venv"], os.environ, why="This Python has no venv module")


def _stamp() -> str:
    try:
        return STAMP.read_text(encoding="utf-8")
    except OSError:
        return ""


def _wanted() -> str:
    """A fingerprint of the locks and of what the project file says about dependencies."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    parts = [repr([project.get(key) for key in ("build-system", "project", "dependency-groups")])]
    parts += [path.read_text(encoding="utf-8") for path in (BUILD_LOCK, LOCK)]
    return hashlib.sha256("\n".join([str(ROOT), *parts]).encode()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
