"""From a page delta to an LTX file of the mirror.

The replica is the only place where the older images are, so here the delta is undone and proved.
What comes of it is the LTX file that the site would have fetched. It is applied like any other, and
kept in the mirror for the day when the replica is lost while the WAN is down.

It is kept after it is applied, for two syncs of a file would make every reader wait for what it
does not need. A crash in between leaves new pages under the old position: the same delta is then
refused, for its base is gone, and the same step is fetched as LTX, which does no harm.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from replication.adapters.part_file import PartFile
from replication.errors import StorageFullError
from replication.ltx import LtxHeader
from replication.ltx_write import write_ltx
from replication.manifest import LtxName
from replication.page_delta import BadDeltaError

if TYPE_CHECKING:
    from pathlib import Path

    from replication.adapters.applier.replica_file import ReplicaFile
    from replication.page_delta import PageDelta


def name_of(delta: PageDelta) -> LtxName:
    """The name of the file that `as_ltx` makes."""
    return LtxName(level=0, min_txid=delta.step.base_txid + 1, max_txid=delta.step.txid)


def as_ltx(delta: PageDelta, replica: ReplicaFile, position_txid: int) -> bytes:
    """The file of what `delta` makes of the pages of `replica`. Errors: `BadDeltaError`."""
    step, name = delta.step, name_of(delta)
    if replica.page_size != step.page_size:
        raise BadDeltaError
    pages = delta.rebuild(replica.page, base_txid=position_txid, base_commit=replica.page_count)
    header = LtxHeader(
        page_size=step.page_size,
        commit=step.commit,
        min_txid=name.min_txid,
        max_txid=name.max_txid,
        timestamp_ms=step.timestamp_ms,
    )
    return write_ltx(header, pages.items())


def keep(path: Path, data: bytes) -> None:
    """Put the file there, whole and synced. Errors: `StorageFullError`, `OSError`."""
    file = PartFile(path)
    try:
        file.finish(data)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFullError from error
        raise
    finally:
        if not file.finished:
            file.discard()
