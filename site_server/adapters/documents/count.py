"""Counts the pages of a document through the counter process; see `__main__.py` for the process.

One document at a time: requests that wait in the pipe would be killed for the slowness of the one
before them. A process that dies of a document is started again by itself.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, Protocol

from failure_modes.pricing import PageCount
from replication.adapters.child_process import (
    ChildDiedError,
    ChildNotRunningError,
    ChildSpec,
    ChildTimeoutError,
)
from site_server.adapters.documents.pdf_pages import CountLimits, Uncountable
from site_server.ipp.document_format import PDF
from site_server.ports import Counted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

GRACE_MS: Final = 5_000
"""Beyond the child's own bound on time: for a file that hangs in the library, and for a start."""
ATTEMPTS: Final = 2
"""A child that died may have died of something else: a second death is the document's."""

COUNTER: Final = ChildSpec(
    name="counter", command=(sys.executable, "-m", "site_server.adapters.documents")
)
"""What to give to `ChildProcess`."""


class Child(Protocol):
    """The part of `ChildProcess` that is needed."""

    async def request(self, body: Mapping[str, Any], *, timeout_ms: int) -> dict[str, Any]:
        """The child's answer; `ChildNotRunningError` or one of its kinds if there is none."""
        ...


class DocumentCounter:
    """Counts one document after the other."""

    def __init__(
        self, child: Child, limits: CountLimits | None = None, *, grace_ms: int = GRACE_MS
    ) -> None:
        self._child = child
        self._limits = limits or CountLimits()
        self._timeout_ms = self._limits.time_ms_max + grace_ms
        self._turn = asyncio.Lock()

    async def count(self, document: Path, document_format: str) -> Counted:
        """The pages of one copy, mono and colour. A bad document is an answer, not an error."""
        if document_format != PDF:
            return _not_counted(Uncountable.FORMAT)
        async with self._turn:
            for _ in range(ATTEMPTS):
                try:
                    return _counted(await self._ask(document))
                except ChildDiedError:
                    continue
                except ChildTimeoutError:
                    return _not_counted(Uncountable.TOO_SLOW)
                except ChildNotRunningError:
                    return _not_counted(Uncountable.UNAVAILABLE)
        return _not_counted(Uncountable.KILLED)

    async def _ask(self, document: Path) -> dict[str, Any]:
        body = {"path": str(document), "limits": asdict(self._limits)}
        return await self._child.request(body, timeout_ms=self._timeout_ms)


def _counted(answer: dict[str, Any]) -> Counted:
    if "reason" in answer:
        return _not_counted(Uncountable(answer["reason"]))
    return Counted(pages=PageCount(mono=answer["mono"], colour=answer["colour"]))


def _not_counted(reason: Uncountable) -> Counted:
    return Counted(pages=None, reason=reason)
