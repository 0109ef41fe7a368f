"""How long headquarters has told this site nothing new.

Headquarters writes a heartbeat row every few seconds, and it travels in the directory like
everything else. What counts is when a newer one was first seen here, by this site's own steady
clock: a wrong clock at either end never looks like a cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from replication.errors import ReplicationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from failure_modes.vocabulary import WallMs
    from replication.ports import Clock
    from site_server.store.directory import Directory


def unknown() -> None:
    """Nobody says whether anything was applied."""


class ReplicaAge:
    """Looks at the newest heartbeat whenever it is asked. The first look finds it fresh.

    `state`: what is the same for as long as nothing was applied; then nobody has to look. None:
    look.
    """

    def __init__(
        self, directory: Directory, clock: Clock, state: Callable[[], object] = unknown
    ) -> None:
        self._directory = directory
        self._clock = clock
        self._state = state
        self._looked_at: object = None
        self._heartbeat_ms: WallMs | None = None
        self._seen_ms = clock.monotonic_ms()

    def age_ms(self) -> int:
        """Time since the newest heartbeat was first seen; 0 where there is no replica yet."""
        now_ms = self._clock.monotonic_ms()
        heartbeat_ms = self._newest_ms()
        if heartbeat_ms is None or heartbeat_ms != self._heartbeat_ms:
            self._heartbeat_ms, self._seen_ms = heartbeat_ms, now_ms
        return now_ms - self._seen_ms

    def _newest_ms(self) -> WallMs | None:
        """The newest heartbeat's own time. From a replica that cannot be read comes nothing new."""
        state = self._state()
        if state is not None and state == self._looked_at:
            return self._heartbeat_ms
        try:
            with self._directory.read() as snapshot:
                heartbeat = snapshot.heartbeat() if snapshot else None
        except ReplicationError:
            return self._heartbeat_ms
        self._looked_at = state
        return heartbeat.wall_ms if heartbeat else None
