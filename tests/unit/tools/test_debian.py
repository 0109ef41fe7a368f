from __future__ import annotations

import os

from tools.debian import install_command, missing_packages, program


def test_the_packages_of_missing_programs_are_named_once() -> None:
    programs = {"no-such-a": "package-a", "no-such-b": "package-a", "sh": "dash"}

    assert missing_packages(programs, os.environ) == ["package-a"]


def test_one_command_installs_them_all() -> None:
    assert install_command(["cups", "dbus"]).endswith(" cups dbus")


def test_daemons_are_found_without_being_in_path() -> None:
    assert program("cupsd", {"PATH": "/usr/bin"}) == "/usr/sbin/cupsd"
