"""What is known of the way to headquarters' head, message by message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from replication.manifest import LtxName

if TYPE_CHECKING:
    from replication.messages import Head

HEAD_FILES_MAX: Final = 1_000
"""Kept while the replica catches up; beyond it the manifest is asked for."""


def beyond(head: Head, txid: int) -> Head:
    """The same head, with the files that are still needed by who stands at `txid`."""
    files = [file for file in head.files if LtxName.parse(file.name).max_txid > txid]
    return head.model_copy(update={"files": files})


def joined_heads(former: Head | None, newer: Head) -> Head:
    """The newer head, with the files that lead to it from where the former began."""
    if former is None or former.lineage != newer.lineage or not former.files or not newer.files:
        return newer
    files = [*former.files, *newer.files]
    return newer.model_copy(update={"files": files[-HEAD_FILES_MAX:]})
