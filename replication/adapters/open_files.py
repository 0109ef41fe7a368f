"""How many files and connections this process may have open."""

from __future__ import annotations

import resource


def raise_open_files() -> int:
    """Raise the soft limit to the hard one, which needs no right; what it is then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def open_files_max() -> int:
    """What the soft limit can be raised to."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]
