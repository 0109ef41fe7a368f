"""The report of a run, as one page of HTML that needs nothing else."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.live_scenarios.result import Result


def report(results: Sequence[Result]) -> str:
    """The whole page."""
    rows = "".join(
        f"<tr><td>{escape(each.scenario.name)}<td>{'kept' if each.kept else 'broken'}"
        for each in results
    )
    return f"<!doctype html><html lang=en><title>Holdfast: live</title><table>{rows}</table></html>"
