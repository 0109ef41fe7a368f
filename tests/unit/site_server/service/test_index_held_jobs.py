"""The index that other nodes read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from site_server.service.index_held_jobs import IndexHeldJobs
from site_server.testing import MemoryIndex
from tests.unit.site_server.a_site import a_site, units

if TYPE_CHECKING:
    from pathlib import Path


async def test_the_index_follows_the_jobs(tmp_path: Path) -> None:
    index = MemoryIndex()
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        indexing = IndexHeldJobs(site.services.ground, index)
        site.services.ground.supervisor.keep("index", indexing.run)
        job = await site.print_pdf("ada")
        await site.settle()
        row = index.rows[job.job_uuid]
        assert (row.site_name, row.user_name, row.pages, row.state) == ("oslo", "ada", 2, "held")
        await site.release(job)
        await site.settle()
        assert index.rows == {}


async def test_at_the_start_the_index_is_made_anew_from_the_own_jobs(tmp_path: Path) -> None:
    index = MemoryIndex()
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        kept, gone = await site.print_pdf("ada"), await site.print_pdf("ada")
        indexing = IndexHeldJobs(site.services.ground, index)
        await indexing.rebuild()
        of_lima = replace(index.rows[kept.job_uuid], job_uuid="x", site_name="lima")
        await index.put_held_jobs([of_lima])
        await site.services.delete_job.delete(gone.job_uuid, "ada")
        await IndexHeldJobs(site.services.ground, index).rebuild()
        assert set(index.rows) == {kept.job_uuid, "x"}
        assert await indexing.follow()
        assert not await indexing.follow()


async def test_a_site_that_joined_again_looks_at_what_its_former_self_wrote(tmp_path: Path) -> None:
    index = MemoryIndex()
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        job = await site.print_pdf("ada")
        indexing = IndexHeldJobs(site.services.ground, index, joined_again=True)
        await indexing.rebuild()
        right = index.rows[job.job_uuid]
        index.rows[job.job_uuid] = replace(right, state="releasing")
        index.rows["gone"] = replace(right, job_uuid="gone")
        index.versions["the writer that this site was"] = 7
        await IndexHeldJobs(site.services.ground, index).look()
        assert "gone" in index.rows  # any other site is the only writer of its rows
        await indexing.look()
        assert index.rows == {job.job_uuid: right}
