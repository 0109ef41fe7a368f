"""The applier: a process of its own that keeps a replica up to date.

    python -m replication.adapters.applier
        --replica replica.db --position replica.position --mirror mirror/

It is a process of its own because it needs an SQLite with `sqlite_dbpage`, and one process must
never open a database file with two different SQLite libraries.

Requests and answers are JSON lines. Request: `{"id", "op": "apply", "lineage", "head"?}` (`head`:
the newest TXID in the mirror, if known, which saves listing it). Answer: `{"id", "position",
"applied", "pages", "refused", "gap"}`, or `{"id", "error", "kind"}` where nothing could be done.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from replication.adapters.applier.apply import Applier
from replication.adapters.applier.replica_file import ReplicaFile
from replication.errors import ReplicationError
from replication.messages import Lineage

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO


class ApplyRequest(BaseModel):
    """Bring the replica to the newest TXID that the mirror has of `lineage`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int
    op: Literal["apply"]
    lineage: Lineage
    head: int | None = Field(default=None, ge=1)


def main(arguments: list[str] | None = None) -> int:
    """Answer requests until the input ends."""
    parser = argparse.ArgumentParser(prog="replication.adapters.applier")
    for option in ("--replica", "--position", "--mirror"):
        parser.add_argument(option, type=Path, required=True)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    replica = ReplicaFile(options.replica)
    try:
        applier = Applier(replica, options.position, options.mirror)
        _serve(applier, replica, sys.stdin.buffer, sys.stdout)
    finally:
        replica.close()
    return 0


def _serve(
    applier: Applier, replica: ReplicaFile, requests: Iterable[bytes], answers: TextIO
) -> None:
    for line in requests:
        answer = _answer(applier, line)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
        replica.checkpoint(answer.get("pages", 0))


def _answer(applier: Applier, line: bytes) -> dict[str, Any]:
    number = None
    try:
        request = ApplyRequest.model_validate_json(line)
        number = request.id
        outcome = applier.apply(request.lineage, request.head)
    except (ReplicationError, ValidationError, OSError) as error:
        return {"id": number, "error": str(error), "kind": type(error).__name__}
    return {
        "id": number,
        "position": None if applier.position is None else str(applier.position),
        "applied": outcome.applied,
        "pages": outcome.pages,
        "refused": outcome.refused,
        "gap": outcome.gap,
    }


if __name__ == "__main__":
    sys.exit(main())
