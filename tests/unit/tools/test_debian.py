from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tools.debian import install_command, missing_packages, no_database_of_its_own, program

if TYPE_CHECKING:
    from pathlib import Path


def test_the_packages_of_missing_programs_are_named_once() -> None:
    programs = {"no-such-a": "package-a", "no-such-b": "package-a", "sh": "dash"}

    assert missing_packages(programs, os.environ) == ["package-a"]


def test_one_command_installs_them_all() -> None:
    assert install_command(["cups", "dbus"]).endswith(" cups dbus")


def test_daemons_are_found_without_being_in_path() -> None:
    assert program("cupsd", {"PATH": "/usr/bin"}) == "/usr/sbin/cupsd"


def test_what_somebody_decided_about_postgresql_stays(tmp_path: Path) -> None:
    decided = tmp_path / "createcluster.d"
    decided.mkdir()

    no_database_of_its_own(decided)
    no_database_of_its_own(tmp_path / "new")

    assert not list(decided.iterdir())
    written = (tmp_path / "new" / "holdfast.conf").exists()
    assert written is (os.geteuid() == 0)
