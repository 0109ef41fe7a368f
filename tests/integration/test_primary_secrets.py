"""PINs and passwords on the command line of the primary, as a process."""

import asyncio
import os
import pty
import sys
from pathlib import Path

import pytest

from tests.integration.running_primary import holdfast, initialised, running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return initialised(tmp_path)


async def test_a_pin_and_a_password_are_read_from_standard_input_and_kept_nowhere_in_clear(
    folder: Path,
) -> None:
    who = ("--user", "ada", "--data", folder)
    not_running = await asyncio.to_thread(holdfast, "set-pin", *who, given="081500\n")

    async with running(folder) as primary:
        pin = await asyncio.to_thread(holdfast, "set-pin", *who, given="081500\n")
        password = await asyncio.to_thread(
            holdfast, "set-password", *who, given=" correct horse \r\n"
        )
        ada = await primary.get("/api/v1/users/ada")

    assert not_running.returncode == 1
    assert "holdfast-primary run" in not_running.stderr
    assert (pin.returncode, pin.stdout) == (0, "ada has a new pin.\n")
    assert (password.returncode, password.stdout) == (0, "ada has a new password.\n")
    assert (ada["has_pin"], ada["has_password"]) == (True, True)
    for file in folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert b"correct horse" not in content, file
            assert b"081500" not in content, file


@pytest.mark.parametrize(
    ("command", "given", "said"),
    [
        ("set-pin", "12", "4 to 8 digits"),
        ("set-pin", "", "is empty"),
        ("set-password", "short\n", "at least 8"),
    ],
)
async def test_a_secret_of_the_wrong_form_is_refused_and_nothing_changes(
    folder: Path, command: str, given: str, said: str
) -> None:
    async with running(folder) as primary:
        refused = await asyncio.to_thread(
            holdfast, command, "--user", "ada", "--data", folder, given=given
        )
        ada = await primary.get("/api/v1/users/ada")

    assert refused.returncode != 0
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
    assert (ada["has_pin"], ada["has_password"]) == (False, False)


@pytest.mark.parametrize(("again", "status"), [("081500", 0), ("081501", 2)])
async def test_at_a_terminal_the_secret_is_asked_for_twice_and_never_shown(
    folder: Path, again: str, status: int
) -> None:
    async with running(folder) as primary:
        shown, code = await asyncio.to_thread(type_it, folder, ["081500", again])
        ada = await primary.get("/api/v1/users/ada")

    assert code == status, shown
    assert "pin again: " in shown
    assert "0815" not in shown
    assert ada["has_pin"] == (status == 0)


def type_it(folder: Path, lines: list[str]) -> tuple[str, int]:
    """What a terminal shows to somebody who sets ada's PIN there, and the exit status."""
    pid, terminal = pty.fork()
    if pid == 0:
        argv = [sys.executable, "-m", "primary", "set-pin", "--user", "ada", "--data", str(folder)]
        os.execv(sys.executable, argv)  # noqa: S606 - no shell is what is wanted
    shown = b""
    try:
        while chunk := os.read(terminal, 4_096):
            shown += chunk
            if chunk.rstrip().endswith(b":"):
                os.write(terminal, lines.pop(0).encode() + b"\n")
    except OSError:  # the other end is closed
        pass
    finally:
        os.close(terminal)
    return shown.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
