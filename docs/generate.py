"""Writes the pages that are made from the tables of the code, or checks that they are fresh.

python -m docs.generate           write them
python -m docs.generate --check   write nothing; fail and say which ones are stale
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from docs.page_failure_modes import failure_modes
from docs.page_live import live
from docs.page_mutants import mutants
from docs.page_state_machines import state_machines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FOLDER: Final = Path(__file__).resolve().parent


def pages() -> Mapping[str, str]:
    """Every page that is made here: its file name and what it has to hold."""
    return {
        "failure-modes.md": failure_modes(),
        "live.md": live(),
        "mutants.md": mutants(),
        "state-machines.md": state_machines(),
    }


def stale(folder: Path = FOLDER) -> list[str]:
    """The pages in `folder` that are missing or do not say what the code says."""
    return [name for name, text in pages().items() if _read(folder / name) != text]


def write(folder: Path = FOLDER) -> list[str]:
    """Write the stale pages into `folder`; the names of those."""
    changed = stale(folder)
    for name in changed:
        (folder / name).write_text(pages()[name], encoding="utf-8")
    return changed


def main(arguments: Sequence[str]) -> int:
    """The exit code."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    if arguments:
        old = stale()
        sys.stderr.writelines(f"docs/{name} is stale; run: make docs\n" for name in old)
        return 1 if old else 0
    sys.stdout.writelines(f"wrote docs/{name}\n" for name in write())
    return 0


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
