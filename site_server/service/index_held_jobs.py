"""Keeps the shared index of held jobs equal to this site's own jobs.

The index is a register that other nodes read; it is never asked here, and no release waits for it.
It is derived: at each start it is made anew from the jobs, then it follows their changes.

A site that joined again, because its disk was copied or put back, is another writer of the register
than before. What the former one wrote comes back from other nodes, and may be newer to cr-sqlite
than what was written here at the start. So such a site looks again when the register has grown,
some times; any other one is the only writer of its rows.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol

from replication.registers import HeldJob

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replication.registers import Versions
    from site_server.service.ground import Ground
    from site_server.store.jobs import Job

CHANGES_AT_ONCE_MAX: Final = 500
LOOKS_MAX: Final = 20
"""Times that a site which joined again looks; 100 ms each with 10,000 jobs."""
LOOK_MS: Final = 30_000
"""Between two of them."""


class HeldJobIndex(Protocol):
    """The register that this service writes."""

    origin: str
    """How this node is called as a writer."""

    @property
    def versions(self) -> Versions:
        """What is here, of each writer."""
        ...

    async def put_held_jobs(self, jobs: Sequence[HeldJob]) -> None:
        """Make the index say this of each job."""
        ...

    async def drop_held_job(self, job_uuid: str) -> None:
        """Take the job out of the index; one that is not there changes nothing."""
        ...

    async def held_jobs(self) -> tuple[HeldJob, ...]:
        """Every job that any site holds."""
        ...


class IndexHeldJobs:
    """Writes the rows of this site, and only those."""

    def __init__(self, ground: Ground, index: HeldJobIndex, *, joined_again: bool = False) -> None:
        self._site_name = ground.site_name
        self._store = ground.store
        self._jobs_max = ground.limits.jobs_max
        self._index = index
        self._revision = 0
        self._looks_left = LOOKS_MAX if joined_again else 0
        self._seen: Versions = {}

    async def run(self) -> None:
        """Make the index anew, then follow every change, for ever."""
        await self.rebuild()
        while True:
            await self.look()
            while await self.follow():
                pass
            await self._rest()

    async def look(self) -> None:
        """Make it anew, where the site joined again and something came from other nodes."""
        if self._looks_left and self._seen != self._of_others():
            self._looks_left -= 1
            await self.rebuild()

    async def _rest(self) -> None:
        """Until there may be something to do."""
        if not self._looks_left:
            await self._store.wait_for_commit()
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_MS / 1000):
                while True:
                    await self._store.wait_for_commit()
                    while await self.follow():
                        pass

    async def rebuild(self) -> None:
        """Put every open job of this site, and drop what this site does not have any more."""
        with self._store.read() as site:
            self._revision = site.jobs.revision()
            jobs = site.jobs.listing(ended=False, limit=self._jobs_max)
        seen = self._of_others()
        await self._index.put_held_jobs([self._row(job) for job in jobs])
        mine = {job.job_uuid for job in jobs}
        for row in await self._index.held_jobs():
            if row.site_name == self._site_name and row.job_uuid not in mine:
                await self._index.drop_held_job(row.job_uuid)
        self._seen = seen

    async def follow(self) -> bool:
        """Write the next changes; False where there were none."""
        with self._store.read() as site:
            jobs = site.jobs.changed_after(self._revision, CHANGES_AT_ONCE_MAX)
        if not jobs:
            return False
        await self._index.put_held_jobs([self._row(job) for job in jobs if job.is_open])
        for job in jobs:
            if not job.is_open:
                await self._index.drop_held_job(job.job_uuid)
        self._revision = jobs[-1].revision
        return True

    def _of_others(self) -> Versions:
        """How far the register is in what other nodes wrote, this site's former writer included."""
        index = self._index
        return {name: at for name, at in index.versions.items() if name != index.origin}

    def _row(self, job: Job) -> HeldJob:
        pages = job.pages
        return HeldJob(
            job_uuid=job.job_uuid,
            site_name=self._site_name,
            user_name=job.user_name,
            queue_name=job.queue_name,
            job_name=job.job_name,
            pages=pages.total * job.copies if pages else 0,
            cost_micros=job.cost_micros,
            state=job.state.value,
            updated_wall_ms=job.released_wall_ms or job.accepted_wall_ms,
        )
