"""What is left out where rights are missing, and how that is said."""

from __future__ import annotations

from dataclasses import replace

from chaos.live_scenarios.machine.packets import LOST
from chaos.live_scenarios.needs import PROBES, ROOT, why_left_out


def test_without_rights_the_reason_and_the_command_are_told() -> None:
    told = why_left_out(LOST, {ROOT: lambda: "Operation not permitted."})
    assert (
        told
        == "packets-lost: Operation not permitted. Run it as root: sudo make live NAME=packets-lost"
    )


def test_with_rights_or_without_a_need_nothing_is_left_out() -> None:
    assert why_left_out(LOST, {ROOT: lambda: ""}) == ""
    assert why_left_out(replace(LOST, needs=())) == ""


def test_every_need_of_the_catalogue_can_be_probed() -> None:
    assert set(LOST.needs) <= set(PROBES)
