"""What a doctor's probe returns, and the table made of it. The probes are in `components`."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

PROBE_S = 20
"""A probe that takes longer counts as failed; the slowest takes about 0.2 s here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """What one probe saw. `hint` is what to type, or to do, where the component is not `found`.

    A component that is not `required` is only told; its absence is no reason to stop.
    """

    name: str
    found: bool
    version: str = ""
    where: str = ""
    hint: str = ""
    required: bool = True


def render(components: Iterable[Component]) -> str:
    """The table that `doctor` prints: one line each, with what to do where something is missing."""
    rows = [("component", "found", "version", "where, or what to do")]
    rows += [(one.name, _found(one), one.version, _where(one)) for one in components]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    padded = [[*map(str.ljust, row[:3], widths), row[3]] for row in rows]
    return "\n".join("  ".join(row).rstrip() for row in padded)


def answered(asked: Component, command: Sequence[str | Path]) -> Component:
    """`asked` with the first line that the command prints as its version, found if it succeeded."""
    text = output(command)
    if text is None:
        return replace(asked, found=False, version="does not work")
    return replace(asked, found=True, version=text.partition("\n")[0])


def output(command: Sequence[str | Path]) -> str | None:
    """What a short command prints, or None when it is missing, fails or takes too long."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PROBE_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _found(one: Component) -> str:
    if one.found:
        return "yes"
    return "NO" if one.required else "no"


def _where(one: Component) -> str:
    return one.where if one.found else "; ".join(filter(None, (one.where, one.hint)))
