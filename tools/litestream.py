"""litestream: its wheel puts the program beside the interpreter; here it must only run."""

from tools.console import StepError, answer, say
from tools.pins import LITESTREAM_VERSION
from tools.record import ROOT


def ensure_litestream() -> None:
    """Check that the wheel's program runs and is the pinned version."""
    path = ROOT / ".venv" / "bin" / "litestream"
    version = answer([path, "version"])
    if version != LITESTREAM_VERSION:
        found = version or "nothing that runs"
        raise StepError(
            f"litestream {LITESTREAM_VERSION} was expected at {path}, found {found}. Run:",
            "rm -rf .venv && make setup",
        )
    say(f"  litestream     {version}, from its wheel")
