from __future__ import annotations

import sys

import pytest

from tools.console import TICK_S, StepError, answer, run


def test_the_output_of_a_command_is_returned() -> None:
    assert run("saying so", [sys.executable, "-c", "print('done')"]) == "done\n"


def test_a_failed_command_shows_the_end_of_what_it_said() -> None:
    code = "import sys; print('early'); print('\\n' * 20); sys.exit('the reason')"

    with pytest.raises(StepError, match="the reason") as caught:
        run("failing", [sys.executable, "-c", code])
    assert "early" not in str(caught.value)


def test_a_missing_command_is_named() -> None:
    with pytest.raises(StepError, match="/no/such/program is not installed"):
        run("missing", ["/no/such/program"])


def test_a_command_that_never_ends_is_ended(capsys: pytest.CaptureFixture[str]) -> None:
    waits = "import threading; threading.Event().wait()"

    with pytest.raises(StepError, match="not done after 1 s"):
        run("waiting", [sys.executable, "-c", waits], limit_s=1)
    assert capsys.readouterr().out == "  waiting\n"
    assert TICK_S < 5


def test_a_short_question_gets_an_answer_or_none() -> None:
    assert answer([sys.executable, "-c", "print(' 1.2 ')"]) == "1.2"
    assert answer([sys.executable, "-c", "raise SystemExit(1)"]) is None
    assert answer(["/no/such/program"]) is None


def test_an_error_ends_with_the_command_that_helps() -> None:
    assert str(StepError("npm is missing. Run:", "apt-get install npm")).splitlines() == [
        "npm is missing. Run:",
        "    apt-get install npm",
    ]
