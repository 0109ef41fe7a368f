"""Gives this site's copy of the directory to a new primary, to whoever brings the ticket.

A ticket lives in memory for an hour; another one takes its place, and a restart ends it. The copy
is made of the replica as of one moment, into a file that goes again.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pysqlite3.dbapi2 as sqlite

from replication.rebuild_ticket import LIFE_MS, DirectoryStanding, RebuildTicket
from site_server.causes import Cause
from site_server.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from replication.ports import Clock
    from replication.position import Position
    from site_server.adapters.identity import Identity
    from site_server.store.directory import Directory

SECRET_BYTES: Final = 32
BUSY_TIMEOUT_S: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A copy of the replica, and its digest."""

    path: Path
    size_bytes: int
    sha256: str


class GiveDirectory:
    """One ticket at a time, for one replica."""

    def __init__(
        self,
        *,
        replica_path: Path,
        directory: Directory,
        position: Callable[[], Position | None],
        identity: Identity,
        clock: Clock,
    ) -> None:
        self._replica_path = replica_path
        self._directory = directory
        self._position = position
        self._identity = identity
        self._clock = clock
        self._digest = b""
        self._until_ms = 0
        self._copying = asyncio.Lock()

    def new_ticket(self) -> RebuildTicket:
        """A new ticket; the one before is good for nothing any more."""
        secret = secrets.token_urlsafe(SECRET_BYTES)
        self._digest = _digest(secret.encode())
        self._until_ms = self._clock.monotonic_ms() + LIFE_MS
        return RebuildTicket(
            site_name=self._identity.site_name,
            ca_pem=self._identity.ca_pem,
            card_key_hex=self._identity.card_key.hex(),
            secret=secret,
        )

    def check(self, brought: bytes) -> None:
        """Raise `RefusedError` unless this is the ticket's secret, within its hour."""
        is_good = hmac.compare_digest(_digest(brought), self._digest or _digest(b""))
        if not self._digest or not is_good or self._clock.monotonic_ms() >= self._until_ms:
            raise refusal(Cause.NOT_ADMINISTRATOR)

    def standing(self) -> DirectoryStanding:
        """What there is to give. Errors: `RefusedError` where there is no replica."""
        position = self._position()
        with self._directory.read() as snapshot:
            heart = None if snapshot is None else snapshot.heartbeat()
        if heart is None or position is None:
            raise refusal(Cause.NO_DIRECTORY)
        return DirectoryStanding(
            site_name=self._identity.site_name,
            lineage=position.lineage,
            txid=position.txid,
            heartbeat_wall_ms=heart.wall_ms,
        )

    @asynccontextmanager
    async def copy(self) -> AsyncIterator[Copied]:
        """The replica as of one moment, in a file that is gone afterwards; one at a time."""
        path = self._replica_path.with_name("directory.given")
        async with self._copying:
            try:
                yield await asyncio.to_thread(_copy, self._replica_path, path)
            finally:
                await asyncio.to_thread(path.unlink, missing_ok=True)


def _digest(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()


def _copy(source: Path, target: Path) -> Copied:
    target.unlink(missing_ok=True)
    with closing(_opened(source)) as reading, closing(sqlite.connect(str(target))) as writing:
        reading.backup(writing)
        writing.execute("PRAGMA journal_mode=DELETE")
    with target.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Copied(path=target, size_bytes=target.stat().st_size, sha256=digest)


def _opened(path: Path) -> Any:  # noqa: ANN401 - the driver has no types
    # Read only: a last connection that may write would checkpoint, and only the applier may.
    return sqlite.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S)
