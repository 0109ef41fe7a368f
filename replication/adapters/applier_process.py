"""The applier as the site sees it: a supervised process that answers `apply`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn

from replication.adapters.child_process import ChildProcess, ChildSpec
from replication.errors import ReplicationError
from replication.position import Position

if TYPE_CHECKING:
    from pathlib import Path

APPLY_TIMEOUT_MS: Final = 120_000
"""For a snapshot of 1 GB at 10 MB/s. Killing an applier that is late does no harm."""


class ApplierError(ReplicationError):
    """The applier could not bring the replica up to date."""

    def __init__(self, message: str, kind: str) -> None:
        self.kind = kind
        """The name of the applier's own error: `PageSizeError`, `StorageFullError`, ..."""
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What one request came to."""

    position: Position | None
    """Where the replica stands now, also when nothing was applied."""
    files: int
    pages: int
    refused: tuple[str, ...]
    """Damaged files: have the mirror drop them, then pull again."""
    gap: str | None
    """What is missing before the newest TXID of the mirror can be reached."""


class ApplierProcess:
    """Applies the files of the folder `mirror` to `replica_path` while `run()` runs."""

    def __init__(self, *, replica_path: Path, mirror: Path) -> None:
        position_path = replica_path.with_suffix(".position")
        arguments = ("--replica", replica_path, "--position", position_path, "--mirror", mirror)
        module = ("-m", "replication.adapters.applier")
        self.child = ChildProcess(
            ChildSpec(
                name="applier",
                command=(sys.executable, *module, *map(str, arguments)),
                lock_path=replica_path.with_suffix(".lock"),
            )
        )

    async def run(self) -> NoReturn:
        """Keep the applier running until cancelled, then stop it."""
        await self.child.run()

    async def apply(self, lineage: str, head_txid: int | None = None) -> Applied:
        """Apply what the mirror has of `lineage`. `head_txid`: its newest TXID, if known (quicker).

        Errors: `ApplierError`; `ChildNotRunningError` (ask again, it is started again by itself).
        """
        head = {} if head_txid is None else {"head": head_txid}
        body = {"op": "apply", "lineage": lineage, **head}
        answer = await self.child.request(body, timeout_ms=APPLY_TIMEOUT_MS)
        if "error" in answer:
            raise ApplierError(answer["error"], answer["kind"])
        return _applied(answer)


def _applied(answer: dict[str, Any]) -> Applied:
    position = answer["position"]
    return Applied(
        position=None if position is None else Position.parse(position),
        files=answer["applied"],
        pages=answer["pages"],
        refused=tuple(answer["refused"]),
        gap=answer["gap"],
    )
