"""Profiles of the laws, and what a test tells a person at the end of the run.

`pytest --hypothesis-profile thorough --timeout 900` looks for longer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import settings

if TYPE_CHECKING:
    import pytest

settings.register_profile("thorough", max_examples=5_000, deadline=None)

TOLD: Final = "told"
"""The property of a test whose value is printed, also where the test ran in a worker process."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests had to tell."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == TOLD:
                terminalreporter.section(report.nodeid.rpartition("::")[2])
                terminalreporter.line(str(value))
