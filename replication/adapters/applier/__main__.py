"""The applier: a process of its own that keeps a replica up to date.

    python -m replication.adapters.applier
        --replica replica.db --position replica.position --mirror mirror/

It is a process of its own because it needs an SQLite with `sqlite_dbpage`, and one process must
never open a database file with two different SQLite libraries.

Requests and answers are JSON lines. Requests: `{"id", "op": "apply", "lineage", "head"?}` (`head`:
the newest TXID in the mirror, if known, which saves listing it), and `{"id", "op": "deltas",
"lineage", "chain" or "file"}`: page deltas (`replication.delta_chain`), in base64, or in that file.
`{"id", "op": "prove"}` asks whether the replica is what headquarters said
(`replication.adapters.applier.proof`), and is answered with `{"id", "damage", "refused"}`.
`{"id", "op": "rebuild", "lineage", "damaged_as"}` makes it anew
(`replication.adapters.applier.rebuild`).
Answer: `{"id", "position", "applied", "pages", "refused", "gap", "needs_reader"}`, or
 `{"id", "error", "kind"}`
where nothing could be done.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from replication.adapters.applier.apply import Applier
from replication.adapters.applier.proof import prove
from replication.adapters.applier.rebuild import Places, rebuild
from replication.adapters.applier.replica_file import ReplicaFile
from replication.errors import ReplicationError
from replication.messages import Lineage
from replication.reader import READER

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from replication.adapters.applier.apply import Outcome
    from replication.position import Position

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


class ProveRequest(BaseModel):
    """Look at every page of the replica."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    op: Literal["prove"]


class RebuildRequest(BaseModel):
    """Make the replica anew from what the mirror has of `lineage`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    op: Literal["rebuild"]
    lineage: Lineage
    damaged_as: str = Field(default="", pattern=r"^[0-9TZ]{0,32}$")


_Request = ApplyRequest | DeltasRequest | ProveRequest | RebuildRequest
_REQUEST: Final[TypeAdapter[_Request]] = TypeAdapter(Annotated[_Request, Field(discriminator="op")])


def main(arguments: list[str] | None = None) -> int:
    """Answer requests until the input ends."""
    parser = argparse.ArgumentParser(prog="replication.adapters.applier")
    for option in ("--replica", "--position", "--mirror"):
        parser.add_argument(option, type=Path, required=True)
    parser.add_argument("--reader", type=int, default=READER)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    places = Places(
        replica=options.replica,
        position=options.position,
        mirror=options.mirror,
        reader=options.reader,
    )
    with closing(_Server(places)) as server:
        server.serve(sys.stdin.buffer, sys.stdout)
    return 0


class _Server:
    """Answers requests. The replica is opened by the first, so that a damaged one is an answer."""

    def __init__(self, places: Places) -> None:
        self._places = places
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
        self._replica = self._applier = None

    def _answer(self, body: dict[str, Any]) -> dict[str, Any]:
        try:
            request = _REQUEST.validate_python(body)
            if isinstance(request, ProveRequest):
                return self._prove()
            if isinstance(request, RebuildRequest):
                return self._rebuild(request)
            return self._apply(request)
        except (ReplicationError, ValidationError, OSError) as error:
            return {"error": str(error), "kind": type(error).__name__}

    def _apply(self, request: ApplyRequest | DeltasRequest) -> dict[str, Any]:
        applier = self._opened()
        if isinstance(request, DeltasRequest):
            outcome = applier.apply_deltas(request.lineage, request.data())
        else:
            outcome = applier.apply(request.lineage, request.head)
        return _told(outcome, applier.position)

    def _prove(self) -> dict[str, Any]:
        position = self._opened().position
        assert self._replica is not None  # noqa: S101 - opened one line above
        return asdict(prove(self._replica, position, self._places.mirror))

    def _rebuild(self, request: RebuildRequest) -> dict[str, Any]:
        if self._replica is not None and not request.damaged_as:
            self._replica.settle()
        self.close()
        return _told(*rebuild(self._places, request.lineage, request.damaged_as))

    def _checkpoint(self, pages: int) -> None:
        """Only tidying: what was applied is safe without it, and the next answer tries again."""
        if self._replica is None:
            return
        try:
            self._replica.checkpoint(pages)
        except ReplicationError as error:
            log.warning("the WAL of the replica stays long: %s", error)

    def _opened(self) -> Applier:
        if self._replica is not None and not self._replica.is_there:
            log.warning("the replica vanished while it was open")
            self.close()
        if self._applier is None:
            places = self._places
            self._replica = ReplicaFile(places.replica)
            self._applier = Applier(self._replica, places.position, places.mirror, places.reader)
        return self._applier


def _told(outcome: Outcome, position: Position | None) -> dict[str, Any]:
    return {
        "position": None if position is None else str(position),
        "applied": outcome.applied,
        "pages": outcome.pages,
        "refused": outcome.refused,
        "gap": outcome.gap,
        "needs_reader": outcome.needs_reader,
    }


def _numbered(line: bytes) -> tuple[int | None, dict[str, Any]]:
    """The number of a request, which its answer repeats, and the rest of it."""
    try:
        body = json.loads(line)
        return body.pop("id", None), body
    except (ValueError, AttributeError):
        return None, {}


if __name__ == "__main__":
    sys.exit(main())
