"""The applier: a process of its own that keeps a replica up to date.

    python -m replication.adapters.applier
        --replica replica.db --position replica.position --mirror mirror/

It is a process of its own because it needs an SQLite with `sqlite_dbpage`, and one process must
never open a database file with two different SQLite libraries.

Requests and answers are JSON lines. Requests: `{"id", "op": "apply", "lineage", "head"?}` (`head`:
the newest TXID in the mirror, if known, which saves listing it), and `{"id", "op": "deltas",
"lineage", "chain" or "file"}`: page deltas (`replication.delta_chain`), in base64, or in that file.
Answer: `{"id", "position", "applied", "pages", "refused", "gap"}`, or `{"id", "error", "kind"}`
where nothing could be done.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from replication.adapters.applier.apply import Applier
from replication.adapters.applier.replica_file import ReplicaFile
from replication.errors import ReplicationError
from replication.messages import Lineage

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO


log = logging.getLogger(__name__)


class ApplyRequest(BaseModel):
    """Bring the replica to the newest TXID that the mirror has of `lineage`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    op: Literal["apply"]
    lineage: Lineage
    head: int | None = Field(default=None, ge=1)


class DeltasRequest(BaseModel):
    """Apply page deltas to the replica of `lineage`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    op: Literal["deltas"]
    lineage: Lineage
    chain: Base64Bytes | None = None
    file: Path | None = None

    def data(self) -> bytes:
        """The deltas, joined. Errors: `OSError`."""
        return self.file.read_bytes() if self.file is not None else self.chain or b""


_REQUEST: Final[TypeAdapter[ApplyRequest | DeltasRequest]] = TypeAdapter(
    Annotated[ApplyRequest | DeltasRequest, Field(discriminator="op")]
)


def main(arguments: list[str] | None = None) -> int:
    """Answer requests until the input ends."""
    parser = argparse.ArgumentParser(prog="replication.adapters.applier")
    for option in ("--replica", "--position", "--mirror"):
        parser.add_argument(option, type=Path, required=True)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    with closing(_Server(options.replica, options.position, options.mirror)) as server:
        server.serve(sys.stdin.buffer, sys.stdout)
    return 0


class _Server:
    """Answers requests. The replica is opened by the first, so that a damaged one is an answer."""

    def __init__(self, replica_path: Path, position_path: Path, mirror: Path) -> None:
        self._replica_path = replica_path
        self._position_path = position_path
        self._mirror = mirror
        self._replica: ReplicaFile | None = None
        self._applier: Applier | None = None

    def serve(self, requests: Iterable[bytes], answers: TextIO) -> None:
        """Answer until the input ends."""
        for line in requests:
            number, body = _numbered(line)
            answer = {"id": number, **self._answer(body)}
            answers.write(json.dumps(answer) + "\n")
            answers.flush()
            self._checkpoint(answer.get("pages", 0))

    def close(self) -> None:
        """Close the replica."""
        if self._replica is not None:
            self._replica.close()

    def _answer(self, body: dict[str, Any]) -> dict[str, Any]:
        try:
            request = _REQUEST.validate_python(body)
            applier = self._opened()
            if isinstance(request, DeltasRequest):
                outcome = applier.apply_deltas(request.lineage, request.data())
            else:
                outcome = applier.apply(request.lineage, request.head)
        except (ReplicationError, ValidationError, OSError) as error:
            return {"error": str(error), "kind": type(error).__name__}
        return {
            "position": None if applier.position is None else str(applier.position),
            "applied": outcome.applied,
            "pages": outcome.pages,
            "refused": outcome.refused,
            "gap": outcome.gap,
        }

    def _checkpoint(self, pages: int) -> None:
        """Only tidying: what was applied is safe without it, and the next answer tries again."""
        if self._replica is None:
            return
        try:
            self._replica.checkpoint(pages)
        except ReplicationError as error:
            log.warning("the WAL of the replica stays long: %s", error)

    def _opened(self) -> Applier:
        if self._applier is None:
            self._replica = ReplicaFile(self._replica_path)
            self._applier = Applier(self._replica, self._position_path, self._mirror)
        return self._applier


def _numbered(line: bytes) -> tuple[int | None, dict[str, Any]]:
    """The number of a request, which its answer repeats, and the rest of it."""
    try:
        body = json.loads(line)
        return body.pop("id", None), body
    except (ValueError, AttributeError):
        return None, {}


if __name__ == "__main__":
    sys.exit(main())
