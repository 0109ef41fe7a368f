"""The command line of the live scenarios, as far as nothing is played."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.live_scenarios.__main__ import main
from chaos.live_scenarios.catalogue import CATALOGUE

if TYPE_CHECKING:
    import pytest


def test_the_list_names_every_scenario_with_its_story(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    told = capsys.readouterr().out
    assert all(each.name in told and each.story in told for each in CATALOGUE)


def test_a_part_of_a_name_chooses(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list", "one-way"]) == 0
    told = capsys.readouterr().out
    assert "wan-one-way-up" in told
    assert "wan-flapping" not in told


def test_a_name_that_there_is_not_is_refused_with_the_way_to_the_list(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["wan-cut", "no-such-thing"]) == 2
    told = capsys.readouterr().out
    assert "no-such-thing" in told
    assert "make live LIST=1" in told
