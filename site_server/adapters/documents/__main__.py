"""The counter: a process of its own, so that a hostile document kills this and nothing else.

    python -m site_server.adapters.documents

Requests and answers are JSON lines. Request: `{"id", "path", "limits"}`. Answer: `{"id", "mono",
"colour"}` or `{"id", "reason"}`. It can read files and nothing more: no new files, no core dumps, a
bounded address space; the processor time is bounded anew for each document.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from site_server.adapters.documents.pdf_pages import CountLimits, Found, count_pdf

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO


def main() -> int:
    """Answer requests until the input ends."""
    _lock_down(CountLimits().memory_bytes_max)
    serve(sys.stdin.buffer, sys.stdout)
    return 0


def serve(requests: Iterable[bytes], answers: TextIO) -> None:
    """Answer until the input ends."""
    for line in requests:
        request = json.loads(line)
        answers.write(json.dumps({"id": request["id"], **_answer(request)}) + "\n")
        answers.flush()


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    limits = CountLimits(**request["limits"])
    _bound("RLIMIT_AS", limits.memory_bytes_max)
    _bound("RLIMIT_CPU", _cpu_seconds_used() + max(limits.cpu_ms_max // 1000, 1))
    found = count_pdf(Path(request["path"]), limits)
    if isinstance(found, Found):
        return {"mono": found.mono, "colour": found.colour}
    return {"reason": found.value}


def _cpu_seconds_used() -> int:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return int(used.ru_utime + used.ru_stime) + 1


def _lock_down(memory_bytes_max: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    _bound("RLIMIT_AS", memory_bytes_max)


def _bound(name: str, value: int) -> None:
    """Set the soft limit; the kernel sends the signal there. The hard limit stays."""
    number = getattr(resource, name)
    _, hard = resource.getrlimit(number)
    resource.setrlimit(number, (value if hard < 0 else min(value, hard), hard))


if __name__ == "__main__":
    sys.exit(main())
