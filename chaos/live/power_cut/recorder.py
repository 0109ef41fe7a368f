"""The recorder, built from recorder.c and its like, and what a program needs to be recorded.

    recorder = build_recorder(folder)
    environ = recording(recorder, root=replica_folder, log=folder / "record")

It works for every program that reaches the system through libc's functions, SQLite inside a Python
wheel among them. Whether it caught everything is not a matter of belief: `Disk.settled` of a whole
record must equal the folder, byte for byte.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

from chaos.errors import ChaosError, MissingToolError

SOURCES: Final = tuple(
    Path(__file__).with_name(f"{name}.c") for name in ("recorder", "room", "hooks")
)
BUILD_TIMEOUT_S: Final = 60
MISSING: Final = (
    "The power-cut recorder is built with a C compiler, which is missing here. As root, run:"
    " apt-get install -y --no-install-recommends build-essential"
)


def build_recorder(folder: Path) -> Path:
    """The library, built in `folder`. Errors: `MissingToolError`, `ChaosError`."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise MissingToolError(MISSING)
    library = folder / "recorder.so"
    sources = [str(path) for path in SOURCES]
    command = [compiler, "-O2", "-shared", "-fPIC", "-Wl,-Bsymbolic-functions", "-o", str(library)]
    command += [*sources, "-ldl", "-lpthread"]
    built = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=BUILD_TIMEOUT_S
    )
    if "stdio.h" in built.stderr or "errno.h" in built.stderr:
        raise MissingToolError(MISSING)
    if built.returncode != 0:
        raise ChaosError(f"The power-cut recorder could not be built: {built.stderr}")
    return library


def recording(
    recorder: Path, *, root: Path, log: Path, kill_at: int | None = None
) -> dict[str, str]:
    """What to add to the environment; `kill_at`: die just before that operation, 1 is the first."""
    environ = {
        "LD_PRELOAD": str(recorder),
        "HOLDFAST_RECORD_ROOT": str(root.resolve()),
        "HOLDFAST_RECORD_LOG": str(log),
    }
    return environ if kill_at is None else {**environ, "HOLDFAST_RECORD_KILL": str(kill_at)}
