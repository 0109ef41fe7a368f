"""Programs that are built with Go: one pinned module, one file."""

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.console import StepError, answer, run


@dataclass(frozen=True, slots=True, kw_only=True)
class GoModule:
    """What `go install` is told, and what comes of it."""

    module: str
    """With its version, which Go's checksum database vouches for."""
    binary: str
    go_min: tuple[int, int]
    """From its go.mod."""


def go_install(wanted: GoModule, environ: Mapping[str, str]) -> bytes:
    """The program, freshly built. Errors: `StepError`."""
    text = answer(["go", "version"])
    number = re.search(r"go(\d+)\.(\d+)", text or "")
    if number is None:
        raise StepError("no Go compiler in PATH")
    if tuple(int(part) for part in number.groups()) < wanted.go_min:
        raise StepError(f"this Go is too old: {text}")
    with tempfile.TemporaryDirectory() as folder:
        run(
            f"go install {wanted.module} (a minute or two)",
            ["go", "install", "-trimpath", wanted.module],
            environ={**environ, "GOBIN": folder, "CGO_ENABLED": "0"},
            limit_s=900,
        )
        return (Path(folder) / wanted.binary).read_bytes()
