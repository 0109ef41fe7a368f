"""From a page delta to an LTX file of the mirror.

The replica is the only place where the older images are, so here the delta is undone and proved.
What comes of it is written down before it is applied, as the LTX file that the site would have
fetched. From then on nothing knows of the delta: a crash, or a replica that is lost while the WAN
is down, finds the file and applies it like any other.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from replication.adapters.ltx_folder import ltx_path
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


def log_delta(replica: ReplicaFile, root: Path, delta: PageDelta, position_txid: int) -> LtxName:
    """The name of the file below `root` that holds what `delta` makes of the replica's pages.

    Errors: `BadDeltaError`, `StorageFullError`, `OSError`.
    """
    step = delta.step
    if replica.page_size != step.page_size:
        raise BadDeltaError
    pages = delta.rebuild(replica.page, base_txid=position_txid, base_commit=replica.page_count)
    name = LtxName(level=0, min_txid=step.base_txid + 1, max_txid=step.txid)
    header = LtxHeader(
        page_size=step.page_size,
        commit=step.commit,
        min_txid=name.min_txid,
        max_txid=name.max_txid,
        timestamp_ms=step.timestamp_ms,
    )
    _keep(ltx_path(root, name), write_ltx(header, pages.items()))
    return name


def _keep(path: Path, data: bytes) -> None:
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
