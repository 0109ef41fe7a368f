"""The rules of `site_server.ipp.service_port`, for the site's own service and for its double."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from site_server.ipp.service_port import (
    HOLD_INDEFINITE,
    HOLD_NONE,
    DocumentInfo,
    JobRequest,
    JobTicket,
    JobView,
    Refusal,
    ReleaseAction,
    WhichJobs,
)
from site_server.ipp.testing import MemoryJobService, held_queue
from site_server.ipp.vocabulary import JobState, Status
from tests.unit.site_server.a_site import HELD, a_site

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from site_server.ipp.service_port import DocumentWriter, JobService

ANNA = "anna"
BOB = "bob"
LEASE = DocumentInfo(name="lease.pdf", format="application/pdf")
TICKET = JobTicket(copies=2, sides="two-sided-long-edge", media="iso_a4_210x297mm")


@dataclass(frozen=True, slots=True)
class Desk:
    """Somewhere to hand in jobs: a service with one held queue."""

    service: JobService

    def wish(self, hold_until: str = HOLD_NONE) -> JobRequest:
        return JobRequest(
            queue_name=HELD,
            user_name=ANNA,
            job_name="Lease",
            ticket=TICKET,
            hold_until=hold_until,
        )

    async def begin(self) -> DocumentWriter:
        writer = await self.service.begin_job(self.wish(), LEASE)
        assert not isinstance(writer, Refusal), writer
        return writer

    async def printed(self, hold_until: str = HOLD_NONE) -> JobView:
        writer = await self.service.begin_job(self.wish(hold_until), LEASE)
        assert not isinstance(writer, Refusal), writer
        await writer.write(b"%PDF-1.4")
        return taken(await writer.commit(is_last=True))

    async def created(self) -> JobView:
        return taken(await self.service.create_job(self.wish()))

    async def document(self, job_id: int, user_name: str = ANNA) -> DocumentWriter | Refusal:
        return await self.service.open_document(job_id, user_name, LEASE)

    async def all_jobs(self, which: WhichJobs = WhichJobs.ALL) -> list[int]:
        return [job.job_id for job in await self.service.jobs(HELD, which, None, 100)]


def taken(outcome: JobView | Refusal) -> JobView:
    assert isinstance(outcome, JobView), outcome
    return outcome


def refused(outcome: object) -> Status:
    assert isinstance(outcome, Refusal), outcome
    assert outcome.reason
    assert outcome.message
    return outcome.status


@asynccontextmanager
async def memory_desk(_: Path) -> AsyncIterator[Desk]:
    yield Desk(MemoryJobService(held_queue(HELD)))


@asynccontextmanager
async def site_desk(folder: Path) -> AsyncIterator[Desk]:
    async with a_site(folder) as site:
        for name in (ANNA, BOB):
            site.user(name, 10_000_000)
        yield Desk(site.services.ipp_jobs)


@pytest.fixture(params=[memory_desk, site_desk], ids=["memory", "site"])
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    async with request.param(tmp_path) as found:
        yield found


async def test_a_queue_is_found_by_its_name(desk: Desk) -> None:
    queue = await desk.service.queue(HELD)

    assert queue
    assert queue.release_action is ReleaseAction.OWNER_AUTHORIZED
    assert queue in await desk.service.queues()
    assert await desk.service.queue("nowhere") is None
    assert await desk.service.validate_job(desk.wish()) is None


async def test_there_is_no_job_before_the_commit(desk: Desk) -> None:
    writer = await desk.begin()
    assert await writer.write(b"%PDF") is None
    assert await desk.all_jobs() == []

    job = taken(await writer.commit(is_last=True))
    assert await desk.all_jobs() == [job.job_id]


async def test_a_job_keeps_everything_it_was_asked_for(desk: Desk) -> None:
    made = await desk.printed()
    job = await desk.service.job(made.job_id)

    assert job
    assert (job.user_name, job.job_name, job.ticket) == (ANNA, "Lease", TICKET)
    assert (job.document_name, job.document_format) == (LEASE.name, LEASE.format)
    assert (job.document_bytes, job.document_count) == (8, 1)
    assert job.state is JobState.PENDING_HELD
    assert job.state_reasons


async def test_an_aborted_document_leaves_no_job(desk: Desk) -> None:
    writer = await desk.begin()
    await writer.write(b"%PDF")
    await writer.abort()
    await writer.abort()

    assert await desk.all_jobs() == []


async def test_an_abort_after_the_commit_does_nothing(desk: Desk) -> None:
    writer = await desk.begin()
    await writer.write(b"%PDF")
    job = taken(await writer.commit(is_last=True))
    await writer.abort()

    assert await desk.all_jobs() == [job.job_id]


async def test_a_created_job_waits_for_its_document(desk: Desk) -> None:
    made = await desk.created()
    assert made.state is JobState.PENDING_HELD
    assert made.state_reasons == ("job-incoming",)

    writer = await desk.document(made.job_id)
    assert not isinstance(writer, Refusal)
    await writer.write(b"%PDF-1.4")
    job = taken(await writer.commit(is_last=True))
    assert (job.job_id, job.document_count) == (made.job_id, 1)
    assert "job-incoming" not in job.state_reasons


async def test_a_document_that_broke_off_may_come_again(desk: Desk) -> None:
    made = await desk.created()
    first = await desk.document(made.job_id)
    assert not isinstance(first, Refusal)
    await first.write(b"%PDF")
    await first.abort()

    assert not isinstance(await desk.document(made.job_id), Refusal)


async def test_a_job_that_has_its_document_takes_no_other(desk: Desk) -> None:
    job = await desk.printed()

    assert refused(await desk.document(job.job_id))


async def test_a_job_closed_without_a_document_is_aborted(desk: Desk) -> None:
    made = await desk.created()
    job = taken(await desk.service.close_job(made.job_id, ANNA))

    assert job.state is JobState.ABORTED
    assert await desk.all_jobs(WhichJobs.NOT_COMPLETED) == []


async def test_a_canceled_job_takes_no_document(desk: Desk) -> None:
    made = await desk.created()
    writer = await desk.document(made.job_id)
    assert not isinstance(writer, Refusal)
    await writer.write(b"%PDF-1.4")
    canceled = taken(await desk.service.cancel(made.job_id, ANNA))

    assert canceled.state is JobState.CANCELED
    assert refused(await writer.commit(is_last=True))
    await writer.abort()
    assert await desk.all_jobs(WhichJobs.NOT_COMPLETED) == []


async def test_a_job_is_canceled_once(desk: Desk) -> None:
    job = await desk.printed()

    assert taken(await desk.service.cancel(job.job_id, ANNA)).state is JobState.CANCELED
    assert refused(await desk.service.cancel(job.job_id, ANNA)) is Status.NOT_POSSIBLE
    assert await desk.all_jobs(WhichJobs.COMPLETED) == [job.job_id]


async def test_another_users_job_is_left_alone(desk: Desk) -> None:
    job = await desk.printed()
    made = await desk.created()
    service = desk.service

    for outcome in (
        await service.cancel(job.job_id, BOB),
        await service.hold(job.job_id, BOB, HOLD_INDEFINITE),
        await service.release(job.job_id, BOB),
        await desk.document(made.job_id, BOB),
        await service.close_job(made.job_id, BOB),
    ):
        assert refused(outcome) is Status.NOT_AUTHORIZED


async def test_a_job_that_is_not_here_is_not_found(desk: Desk) -> None:
    assert await desk.service.job(99) is None
    assert refused(await desk.service.cancel(99, ANNA)) is Status.NOT_FOUND
    assert refused(await desk.document(99)) is Status.NOT_FOUND


async def test_a_claimed_name_does_not_let_a_held_job_go(desk: Desk) -> None:
    job = await desk.printed()

    status = refused(await desk.service.release(job.job_id, ANNA))
    assert status in {Status.NOT_POSSIBLE, Status.NOT_AUTHORIZED}


async def test_a_hold_is_made_and_ended_and_the_owner_still_has_to_come(desk: Desk) -> None:
    job = await desk.printed(HOLD_INDEFINITE)
    assert job.hold_until == HOLD_INDEFINITE

    released = taken(await desk.service.release(job.job_id, ANNA))
    assert released.hold_until == HOLD_NONE
    assert released.state is JobState.PENDING_HELD


async def test_the_list_is_bounded_and_of_whom_one_asks_for(desk: Desk) -> None:
    first, second = await desk.printed(), await desk.printed()
    jobs = desk.service.jobs

    assert await desk.all_jobs(WhichJobs.NOT_COMPLETED) == [first.job_id, second.job_id]
    assert len(await jobs(None, WhichJobs.ALL, None, 1)) == 1
    assert await jobs(None, WhichJobs.ALL, BOB, 10) == ()
    assert len(await jobs(HELD, WhichJobs.ALL, ANNA, 10)) == 2
