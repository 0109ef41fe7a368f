"""What comes in: only what is safe, and every no before it costs anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from failure_modes.job_lifecycle import JobState
from failure_modes.vocabulary import Reason
from replication.entry_bodies import JobAccepted
from replication.schema import directory as schema
from site_server.causes import Cause
from site_server.config import Limits
from site_server.ipp.service_port import DocumentInfo, JobRequest, JobTicket, JobView, Refusal
from site_server.ipp.vocabulary import Status
from site_server.service.document_intake import DocumentIntake
from site_server.testing import MemorySpool
from tests.unit.site_server.a_site import HELD, PDF, a_site, units

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.site_server.a_site import ASite

REQUEST = JobRequest(queue_name=HELD, user_name="ada", job_name="x", ticket=JobTicket())
DOCUMENT = DocumentInfo(name="x", format="application/pdf")


async def test_an_accepted_job_is_on_the_spool_and_in_the_journal(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        view = await site.submit("ada")
        assert isinstance(view, JobView)
        assert site.spool.documents == {view.job_uuid: PDF}
        accepted = site.facts()[0]
        assert isinstance(accepted, JobAccepted)
        assert (accepted.bytes, accepted.user_name) == (len(PDF), "ada")
        assert site.job(view.job_uuid).document_sha256 == accepted.sha256


async def test_an_accepted_job_survives_a_kill_and_is_counted_then(tmp_path: Path) -> None:
    spool = MemorySpool(tmp_path)
    async with a_site(tmp_path, spool=spool) as site:
        site.user("ada")
        site.counter.gate.clear()
        job = await site.print_pdf("ada")
        assert job.state is JobState.ACCEPTED
    async with a_site(tmp_path, spool=spool) as site:
        await site.settle()
        assert site.job(job.job_uuid).state is JobState.HELD
        assert site.kinds() == ["job_accepted", "job_counted"]


@pytest.mark.parametrize(
    ("user_name", "fields", "reason"),
    [("nobody", {}, Reason.UNKNOWN_USER), ("ada", {"enabled": False}, Reason.USER_DISABLED)],
)
async def test_who_may_not_print_is_refused_before_the_document(
    tmp_path: Path, user_name: str, fields: dict[str, object], reason: Reason
) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", 0, **fields)
        refusal = await site.submit(user_name)
        assert isinstance(refusal, Refusal)
        assert (refusal.reason, refusal.status) == (reason, Status.NOT_AUTHORIZED)
        _assert_untouched(site)


async def test_a_fresh_site_refuses_with_a_readable_reason(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.replica.ready = False
        refusal = await site.submit("ada")
        assert isinstance(refusal, Refusal)
        assert (refusal.reason, refusal.status) == (Reason.NO_REPLICA, Status.NOT_ACCEPTING_JOBS)
        queue = await site.services.ipp_jobs.queue("any")
        assert queue is not None
        assert not queue.is_accepting
        assert queue.state_message == refusal.message
        assert await site.services.ipp_jobs.queues() == ()
        _assert_untouched(site)


async def test_an_unknown_queue_and_an_unpriced_printer_are_refused(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        unknown = await site.submit("ada", "lima-secure")
        assert isinstance(unknown, Refusal)
        assert unknown.status is Status.NOT_FOUND
        site.replica.change(lambda c: c.execute(schema.prices.delete()))
        unpriced = await site.submit("ada")
        assert isinstance(unpriced, Refusal)
        assert unpriced.reason == Cause.NO_PRICE
        _assert_untouched(site)


async def test_a_full_disk_refuses_before_acceptance_and_works_again_after(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        site.spool.is_full = True
        refusal = await site.submit("ada")
        assert isinstance(refusal, Refusal)
        assert (refusal.reason, refusal.status) == (Cause.DISK_FULL, Status.TEMPORARY_ERROR)
        _assert_untouched(site)
        site.spool.is_full = False
        assert isinstance(await site.submit("ada"), JobView)


async def test_a_disk_that_fills_up_under_a_document_refuses_it(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        writer = await _begin(site)
        assert await writer.write(PDF) is None
        site.spool.is_full = True
        refusal = await writer.commit(is_last=True)
        assert isinstance(refusal, Refusal)
        assert refusal.reason == Cause.DISK_FULL
        await writer.abort()
        _assert_untouched(site)


async def test_a_document_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        writer = await _begin(site)
        await writer.write(PDF[:5])
        await writer.abort()
        await writer.abort()
        _assert_untouched(site)


async def test_abort_after_commit_keeps_the_job(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        view = await site.submit("ada")
        assert isinstance(view, JobView)
        assert view.job_uuid in site.spool.documents


async def test_at_the_bound_of_jobs_the_next_one_is_refused(tmp_path: Path) -> None:
    async with a_site(tmp_path, limits=Limits(jobs_max=1)) as site:
        site.user("ada", units(1))
        first = await site.print_pdf("ada")
        refusal = await site.submit("ada")
        assert isinstance(refusal, Refusal)
        assert (refusal.reason, refusal.status) == (Cause.TOO_MANY_JOBS, Status.TOO_MANY_JOBS)
        await site.release(first)
        await site.settle()
        assert isinstance(await site.submit("ada"), JobView)


async def test_two_documents_for_the_last_place_become_one_job(tmp_path: Path) -> None:
    async with a_site(tmp_path, limits=Limits(jobs_max=1)) as site:
        site.user("ada")
        first, second = await _begin(site), await _begin(site)
        assert isinstance(await first.commit(is_last=True), JobView)
        refusal = await second.commit(is_last=True)
        assert isinstance(refusal, Refusal)
        await first.abort()
        await second.abort()
        assert len(site.spool.documents) == 1


async def test_at_the_bound_of_uploads_the_next_one_is_refused(tmp_path: Path) -> None:
    async with a_site(tmp_path, limits=Limits(uploads_max=1)) as site:
        site.user("ada")
        writer = await _begin(site)
        refusal = await site.services.ipp_jobs.begin_job(REQUEST, DOCUMENT)
        assert isinstance(refusal, Refusal)
        assert refusal.reason == Cause.TOO_MANY_UPLOADS
        await writer.abort()
        assert isinstance(await site.submit("ada"), JobView)


async def test_documents_without_a_job_are_swept_at_the_start(tmp_path: Path) -> None:
    spool = MemorySpool(tmp_path)
    spool.documents["0b0b0b0b-0000-4000-8000-000000000000"] = b"never promised"
    async with a_site(tmp_path, spool=spool):
        assert spool.documents == {}


async def test_job_numbers_are_never_given_out_twice(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        first = await site.print_pdf("ada")
        created = await site.services.ipp_jobs.create_job(REQUEST)
        assert isinstance(created, JobView)
    async with a_site(tmp_path) as site:
        third = await site.print_pdf("ada")
        assert [first.job_number, created.job_id, third.job_number] == [1, 2, 3]


async def _begin(site: ASite) -> DocumentIntake:
    writer = await site.services.ipp_jobs.begin_job(REQUEST, DOCUMENT)
    assert isinstance(writer, DocumentIntake)
    return writer


def _assert_untouched(site: ASite) -> None:
    assert site.kinds() == []
    assert site.spool.documents == {}
    with site.store.read() as view:
        assert view.jobs.listing(ended=None, limit=10) == []
