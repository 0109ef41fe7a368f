"""The applier as the site sees it: a supervised process that applies what it is given."""

from __future__ import annotations

import asyncio
import sys
from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn

from replication.adapters.applier.verdict import Proof
from replication.adapters.child_process import ChildProcess, ChildSpec
from replication.adapters.ltx_folder import scan_ltx
from replication.adapters.part_file import PART_SUFFIX
from replication.delta_chain import joined
from replication.errors import ReplicationError
from replication.page_delta import BadDeltaError
from replication.position import Position
from replication.reader import READER

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

APPLY_TIMEOUT_MS: Final = 120_000
"""Killing an applier that is late does no harm, and it begins again. So one that has much to do
gets more: `SLOW_BYTES_PER_MS` of what lies in mirror and replica, a tenth of what it does on a
machine that has no time for it (1.2 GiB in 38 s, proved in 20)."""
SLOW_BYTES_PER_MS: Final = 2_000
INLINE_BYTES_MAX: Final = 64 * 1024
"""Of deltas that travel inside the request; larger ones are handed over as a file."""


DAMAGED: Final = "ReplicaDamagedError"
OTHER_PAGE_SIZE: Final = "PageSizeError"
"""Kinds of `ApplierError` after which the replica has to be made anew."""


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
    needs_reader: int | None = None
    """What lies beyond needs this version of the schema, which is newer than this site's."""


class ApplierProcess:
    """Applies the files of the folder `mirror` to `replica_path` while `run()` runs."""

    def __init__(self, *, replica_path: Path, mirror: Path, reader: int = READER) -> None:
        """`reader`: the newest version of the directory's schema that may be applied."""
        self._mirror = mirror
        self._replica_path = replica_path
        position_path = replica_path.with_suffix(".position")
        arguments = ("--replica", replica_path, "--position", position_path, "--mirror", mirror)
        reads = ("--reader", str(reader))
        module = ("-m", "replication.adapters.applier")
        self.child = ChildProcess(
            ChildSpec(
                name="applier",
                command=(sys.executable, *module, *map(str, arguments), *reads),
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
        return await self._ask(body)

    async def apply_deltas(self, lineage: str, deltas: Sequence[bytes]) -> Applied:
        """Apply page deltas that follow each other; the mirror then has them as one LTX file.

        Errors: `BadDeltaError` (fetch the same step as LTX), and those of `apply`.
        """
        body = {"op": "deltas", "lineage": lineage}
        data = joined(deltas)
        if len(data) <= INLINE_BYTES_MAX:
            return await self._ask(body | {"chain": b64encode(data).decode()})
        path = self._mirror / lineage / "ltx" / "0" / f"delta{PART_SUFFIX}"
        try:
            await asyncio.to_thread(_put, path, data)
            return await self._ask(body | {"file": str(path)})
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def prove(self) -> Proof:
        """What speaks against the replica as it lies there; it is only looked at.

        Errors: those of `apply`.
        """
        timeout_ms = await asyncio.to_thread(self.patience_ms)
        answer = await self.child.request({"op": "prove"}, timeout_ms=timeout_ms)
        if answer.get("kind") == DAMAGED:
            return Proof(damage=answer["error"])
        if "error" in answer:
            raise ApplierError(answer["error"], answer["kind"])
        return Proof(damage=answer["damage"], refused=tuple(answer["refused"]))

    async def rebuild(self, lineage: str, damaged_as: str = "") -> Applied:
        """Make the replica anew from the mirror, beside the old one, which is then replaced.

        `damaged_as`: the suffix under which a damaged one is kept; it never goes on being read.
        Without it the old one stays where the mirror does not lead to its end. Errors: as `apply`.
        """
        return await self._ask({"op": "rebuild", "lineage": lineage, "damaged_as": damaged_as})

    def written_bytes(self) -> int:
        """What the replica takes with its WAL, and one that is being made beside it."""
        total = 0
        for suffix in ("", "-wal", ".new", ".new-wal"):
            path = self._replica_path.with_name(self._replica_path.name + suffix)
            with suppress(FileNotFoundError):
                total += path.stat().st_size
        return total

    async def _ask(self, body: Mapping[str, object]) -> Applied:
        timeout_ms = APPLY_TIMEOUT_MS
        if body["op"] != "deltas":
            timeout_ms = await asyncio.to_thread(self.patience_ms)
        answer = await self.child.request(body, timeout_ms=timeout_ms)
        if answer.get("kind") == BadDeltaError.__name__:
            raise BadDeltaError(answer["error"])
        if "error" in answer:
            raise ApplierError(answer["error"], answer["kind"])
        return _applied(answer)

    def patience_ms(self) -> int:
        """For all that it may have to read and write, once each. Blocks: it looks at the files."""
        sizes = (status.st_size for status in _statuses(self._mirror, self._replica_path))
        return APPLY_TIMEOUT_MS + sum(sizes) // SLOW_BYTES_PER_MS


def _statuses(mirror: Path, replica_path: Path) -> Iterator[os.stat_result]:
    with suppress(FileNotFoundError):
        yield replica_path.stat()
    for root in mirror.glob("*/"):
        yield from (status for _, status in scan_ltx(root))


def _put(path: Path, data: bytes) -> None:
    """Where the mirror deletes it at its next start, should nobody do it before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _applied(answer: dict[str, Any]) -> Applied:
    position = answer["position"]
    return Applied(
        position=None if position is None else Position.parse(position),
        files=answer["applied"],
        pages=answer["pages"],
        refused=tuple(answer["refused"]),
        gap=answer["gap"],
        needs_reader=answer["needs_reader"],
    )
