"""What a replica's files hold, seen as a reader sees them, and byte for byte.

Readers use pysqlite3 and the applier uses another SQLite, so this must not be called while the
applier's library has the same file open in this process.
"""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pysqlite3.dbapi2 as sqlite

from chaos.errors import ChaosError
from chaos.live.page_history import comparable
from replication.adapters.applier.position_file import read_position
from replication.adapters.applier.stamp import read_stamp
from replication.position import BadPositionError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PAGE_MIN: Final = 512


class UnreadableReplicaError(ChaosError):
    """A reader could not open the replica, or found it malformed."""


class WrongRowsError(ChaosError):
    """The replica holds a state that the directory was never in, or not the one it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaState:
    """`txid`: the state that the content equals, byte for byte; 0: there is no replica.

    A directory may come back to an earlier content. The stamp in page 1 says which of the equal
    states this is.
    """

    txid: int
    position_txid: int
    """0: there is no position."""


def replica_state(folder: Path, states: Mapping[bytes, frozenset[int]]) -> ReplicaState:
    """Of replica.db and replica.position in `folder`, left as they are.

    Errors: `UnreadableReplicaError`, `WrongRowsError`.
    """
    path = folder / "replica.db"
    try:
        position = read_position(folder / "replica.position")
    except BadPositionError as error:
        raise UnreadableReplicaError(f"The position cannot be read: {error}") from error
    if position is None:
        # Readers wait for a position. What is half made under it is the applier's to go on with.
        return ReplicaState(txid=_unread(path, states), position_txid=0)
    if not path.exists():
        raise UnreadableReplicaError(f"There is no replica, and the position says {position}.")
    _read_as_a_site(path)
    image = _image(path)
    stamp_txid = _stamp_txid(image)
    if stamp_txid not in states.get(comparable(image), frozenset()):
        raise WrongRowsError(
            f"The replica at position {position} does not equal the state {stamp_txid},"
            " which its stamp names."
        )
    return ReplicaState(txid=stamp_txid, position_txid=position.txid)


def _unread(path: Path, states: Mapping[bytes, frozenset[int]]) -> int:
    try:
        image = _image(path) if path.exists() else b""
    except sqlite.Error:
        return 0
    stamp_txid = _stamp_txid(image)
    return stamp_txid if stamp_txid in states.get(comparable(image), frozenset()) else 0


def _stamp_txid(image: bytes) -> int:
    stamp = read_stamp(image[:PAGE_MIN]) if image else None
    return 0 if stamp is None else stamp.txid


def _read_as_a_site(path: Path) -> None:
    try:
        with closing(sqlite.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            verdict = connection.execute("PRAGMA quick_check").fetchone()[0]
            if verdict != "ok":
                raise UnreadableReplicaError(f"quick_check says: {verdict}")
            connection.execute("SELECT count(*), sum(balance) FROM users").fetchone()
            connection.execute("SELECT watermark FROM site").fetchone()
    except sqlite.Error as error:
        raise UnreadableReplicaError(f"A reader was told: {error}") from error


def _image(path: Path) -> bytes:
    """The pages as SQLite recovers them from file and WAL, in a copy."""
    scratch = path.parent.with_name(path.parent.name + ".copy")
    scratch.mkdir()
    try:
        for suffix in ("", "-wal", "-journal"):
            part = path.with_name(path.name + suffix)
            if part.exists():
                shutil.copyfile(part, scratch / part.name)
        target = scratch / path.name
        with closing(sqlite.connect(str(target), isolation_level=None)) as opened:
            connection: Any = opened
            connection.execute("PRAGMA synchronous=OFF")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return target.read_bytes()
    finally:
        shutil.rmtree(scratch)
