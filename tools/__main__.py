"""Fills `.tools/`: `.venv/bin/python -m tools`, which is `make tools`."""

import os
import sys

from tools.console import StepError, say
from tools.crsqlite import ensure_crsqlite
from tools.debian import ensure_print_system
from tools.litestream import ensure_litestream
from tools.toxiproxy import ensure_toxiproxy
from tools.versitygw import ensure_versitygw


def main() -> int:
    """Run every step in order; exit status 1 at the first that cannot go on."""
    say("==> Tools (.tools)")
    try:
        ensure_print_system(os.environ)
        ensure_litestream()
        ensure_crsqlite(os.environ)
        ensure_toxiproxy(os.environ)
        ensure_versitygw(os.environ)
    except StepError as error:
        print(f"make tools: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
