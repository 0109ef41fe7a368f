"""Taking jobs away, and what nobody may take away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from failure_modes.job_lifecycle import JobState
from replication.entry_bodies import JobDeleted
from site_server.causes import Cause
from site_server.errors import RefusedError
from tests.unit.site_server.a_site import a_site, units

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_deleted_job_leaves_a_fact_and_no_document(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        job = await site.print_pdf("ada")
        await site.services.delete_job.delete(job.job_uuid, "ada")
        assert site.job(job.job_uuid).state is JobState.CANCELLED
        assert site.spool.documents == {}
        deleted = site.facts()[-1]
        assert isinstance(deleted, JobDeleted)
        assert deleted.by_user_name == "ada"


async def test_what_is_not_there_or_not_yours_cannot_be_deleted(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        job = await site.print_pdf("ada")
        for job_uuid, user_name, cause in (
            ("no-such-job", "ada", Cause.NO_SUCH_JOB),
            (job.job_uuid, "grace", Cause.NOT_YOUR_JOB),
        ):
            with pytest.raises(RefusedError) as refused:
                await site.services.delete_job.delete(job_uuid, user_name)
            assert refused.value.reason == cause
        assert site.job(job.job_uuid).state is JobState.HELD


async def test_only_an_unknown_outcome_can_be_settled(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        job = await site.print_pdf("ada")
        for job_uuid in (job.job_uuid, "no-such-job"):
            with pytest.raises(RefusedError):
                await site.services.delete_job.settle(job_uuid, printed=True)
        await site.release(job)
        await site.settle()
        with pytest.raises(RefusedError) as refused:
            await site.services.delete_job.settle(job.job_uuid, printed=False)
        assert refused.value.reason == Cause.JOB_IS_DONE
        assert site.kinds()[-1] == "job_printed"
