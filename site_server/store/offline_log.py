"""The offline log: jobs that were let out while nobody answered and are not charged yet.

A record is made in the transaction that lets the job out, so its room is taken before the first
byte goes to the printer, and it goes in the transaction that journals the charge. The job's own row
says what was printed; this table says which jobs, how much room they take, and when they were out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, func, insert, select, update

from failure_modes.vocabulary import WallMs
from site_server.store import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LOG: Final = tables.offline_log.c
_ADD: Final = insert(tables.offline_log)
_PRINTED: Final = (
    update(tables.offline_log)
    .where(_LOG.job_uuid == bindparam("the_job_uuid"))
    .values(printed_wall_ms=bindparam("wall_ms"))
)
_DROP: Final = delete(tables.offline_log).where(_LOG.job_uuid == bindparam("the_job_uuid"))
_FILL: Final = select(func.count(), func.coalesce(func.sum(_LOG.record_bytes), 0))
_OLDEST: Final = (
    select(_LOG.job_uuid, _LOG.printed_wall_ms)
    .where(_LOG.printed_wall_ms.is_not(None))
    .order_by(_LOG.printed_wall_ms, _LOG.job_uuid)
    .limit(bindparam("limit"))
)


class OfflineRecords:
    """The records, inside one transaction of the caller."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, job_uuid: str, record_bytes: int) -> None:
        """Take the room for a job that is let out; once per job."""
        self._connection.execute(_ADD, {"job_uuid": job_uuid, "record_bytes": record_bytes})

    def printed(self, job_uuid: str, wall_ms: WallMs) -> None:
        """The job came out: from now on it waits to be charged."""
        self._connection.execute(_PRINTED, {"the_job_uuid": job_uuid, "wall_ms": wall_ms})

    def drop(self, job_uuid: str) -> bool:
        """Give the room back: charged, or not printed. False where there was no record."""
        return self._connection.execute(_DROP, {"the_job_uuid": job_uuid}).rowcount > 0

    def fill(self) -> tuple[int, int]:
        """How many records there are, and how many bytes they take."""
        records, used_bytes = self._connection.execute(_FILL).one()
        return int(records), int(used_bytes)

    def oldest_printed(self, limit: int) -> list[tuple[str, WallMs]]:
        """The jobs that wait to be charged and when each was printed, oldest first."""
        rows = self._connection.execute(_OLDEST, {"limit": limit})
        return [(row.job_uuid, WallMs(row.printed_wall_ms)) for row in rows]
