from __future__ import annotations

import os
import re
import subprocess

from tests.tidy.source import ROOT

TARGETS = ("demo", "test", "check", "fix", "tools", "bench", "bench-docs", "clean", "help")


def commands_of_the_readme() -> list[str]:
    """The code lines of the section `Start`, without their comments."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = re.search(r"^## Start\n(.*?)(?=^## |\Z)", readme, re.MULTILINE | re.DOTALL)
    assert section, "README.md needs a section `## Start`"
    lines = (line.partition("#")[0] for line in section.group(1).splitlines())
    return [line.strip() for line in lines if line.startswith("    ") and line.strip()]


def test_the_readme_names_exactly_two_commands_to_start() -> None:
    assert commands_of_the_readme() == ["make demo", "make test"]


def test_make_offers_one_word_per_action() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    for target in TARGETS:
        assert re.search(rf"^{target}:.*## ", makefile, re.MULTILINE), (
            f"the Makefile has no {target}"
        )


def test_make_alone_lists_every_command() -> None:
    listed = subprocess.run(
        ["/usr/bin/make", "--no-print-directory"],
        cwd=ROOT,
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    for target in (*TARGETS, "bench-NAME"):
        assert re.search(rf"\bmake {target}\b", listed), f"`make` does not show {target}"


def test_ci_runs_the_test_command_of_the_readme_and_then_the_checks() -> None:
    script = ROOT / ".ci" / "run"

    assert os.access(script, os.X_OK), "chmod +x .ci/run"
    commands = re.findall(r"^(make \w+)", script.read_text(encoding="utf-8"), re.MULTILINE)
    assert commands == ["make test", "make check"]
    assert commands[0] in commands_of_the_readme()
