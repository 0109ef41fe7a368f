"""Debian's own IPP clients against the endpoint: what they accept, desktops accept."""

from __future__ import annotations

import asyncio
import hashlib
import re
import shutil
from contextlib import asynccontextmanager, suppress
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from site_server.errors import RefusedError
from site_server.ipp.service_port import HOLD_NONE, WhichJobs
from site_server.ipp.vocabulary import JobState
from tests.unit.site_server.a_site import DIRECT, HELD, PRINTER, a_site
from tests.unit.site_server.ipp.serving import endpoint, scene

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

SUITES = Path("/usr/share/cups/ipptool")
DOCUMENTS = Path(__file__).parents[1] / "fixtures" / "documents"
REPORT = DOCUMENTS / "colour-2-of-5-pages.pdf"
OWNER_LOOKS_EVERY_MS = 100

pytestmark = pytest.mark.timeout(100)


def program(name: str) -> str:
    found = shutil.which(name)
    assert found, f"{name} is missing: apt-get install cups-client cups-ipp-utils"
    return found


async def run(*argv: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *argv, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode(errors="replace")


def suite(name: str, folder: Path) -> Path:
    """A suite of ipptool beside the documents that it prints, which Debian does not ship."""
    assert (SUITES / name).is_file(), f"{name} is missing: apt-get install cups-ipp-utils"
    for document in DOCUMENTS.iterdir():
        shutil.copy(document, folder)
    return Path(shutil.copy(SUITES / name, folder))


@asynccontextmanager
async def owner_at_the_device(look: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Somebody who looks again and again for what to release: the suite waits for a job to end."""

    async def stay() -> None:
        while True:
            await look()
            await asyncio.sleep(OWNER_LOOKS_EVERY_MS / 1000)

    async with asyncio.TaskGroup() as group:
        owner = group.create_task(stay())
        yield
        owner.cancel()


async def run_whole_suite(uri: str, folder: Path) -> None:
    """Run every test of ipp-1.1.test; none may fail and none may be left out."""
    tests = suite("ipp-1.1.test", folder)
    named = len(re.findall(r"^\s*NAME ", tests.read_text(), re.MULTILINE))
    status, output = await run(program("ipptool"), "-tf", str(REPORT), "-T", "30", uri, str(tests))

    assert output.count("[FAIL]") == 0, output
    assert output.count("[PASS]") + output.count("[SKIP]") == named, output
    assert output.count("[PASS]") > output.count("[SKIP]"), output
    assert status == 0, output


@pytest.mark.parametrize("queue", ["held", "direct"])
async def test_debians_suite_of_ipp_1_1_runs_to_its_end_without_a_fail(
    queue: str, tmp_path: Path
) -> None:
    async with scene() as stage:

        async def look() -> None:
            for job in stage.jobs.all_jobs:
                if job.job_id in stage.jobs.held() and job.hold_until == HOLD_NONE:
                    stage.jobs.let_go(job.job_id)

        async with owner_at_the_device(look):
            await run_whole_suite(stage.client.queue_uri(queue), tmp_path)


@pytest.mark.parametrize("queue", [HELD, DIRECT])
async def test_the_suite_runs_without_a_fail_over_the_sites_own_services(
    queue: str, tmp_path: Path
) -> None:
    (tmp_path / "suite").mkdir()
    async with a_site(tmp_path) as site, endpoint(site.services.ipp_jobs) as port:
        for user_name in (getuser(), f"not-{getuser()}"):
            site.user(user_name, 1_000_000_000)

        async def look() -> None:
            await site.settle()
            jobs = site.services.ipp_jobs
            for job in await jobs.jobs(HELD, WhichJobs.NOT_COMPLETED, None, 100):
                if job.hold_until == HOLD_NONE and job.document_count:
                    with suppress(RefusedError):
                        await site.services.release_job.release(
                            job.job_uuid, job.user_name, PRINTER
                        )

        async with owner_at_the_device(look):
            await run_whole_suite(f"ipp://127.0.0.1:{port}/printers/{queue}", tmp_path / "suite")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("print-job.test", "printers/direct"),
        ("print-job-gzip.test", "printers/direct"),
        ("print-job-hold.test", "printers/direct"),
        ("create-job.test", "printers/direct"),
        ("validate-job.test", "printers/direct"),
        ("get-jobs.test", "printers/direct"),
        ("get-job-attributes.test", "jobs/1"),
        ("get-job-attributes2.test", "jobs/1"),
        ("get-printers.test", "printers/direct"),
    ],
)
async def test_debians_small_tests_pass_too(name: str, path: str, tmp_path: Path) -> None:
    tests = suite(name, tmp_path)
    async with scene() as stage:
        await run(
            *(program("ipptool"), "-tf", str(REPORT), stage.client.queue_uri("direct")),
            "print-job.test",
        )
        status, output = await run(
            *(program("ipptool"), "-tf", str(REPORT)),
            *(f"ipp://{stage.client.host}/{path}", str(tests)),
        )

    assert status == 0, output
    assert output.count("[FAIL]") == 0, output


async def test_lp_prints_to_a_held_queue_byte_for_byte() -> None:
    async with scene() as stage:
        status, output = await run(
            *(program("lp"), "-h", stage.client.host, "-U", "anna", "-d", "held"),
            *("-n", "2", "-o", "sides=two-sided-long-edge", "-t", "Minutes", str(REPORT)),
        )

        assert status == 0, output
        assert "request id is held-1" in output
        job = stage.jobs.all_jobs[0]
        assert (job.user_name, job.job_name) == ("anna", "Minutes")
        assert (job.ticket.copies, job.ticket.sides) == (2, "two-sided-long-edge")
        assert job.document_format == "application/pdf"
        assert job.state is JobState.PENDING_HELD
        kept = hashlib.sha256(stage.jobs.content(1)).hexdigest()
        assert kept == hashlib.sha256(REPORT.read_bytes()).hexdigest()


async def test_lp_asks_the_server_for_its_default_queue() -> None:
    async with scene() as stage:
        status, output = await run(program("lp"), "-h", stage.client.host, str(REPORT))

        assert status == 0, output
        assert stage.jobs.all_jobs[0].queue_name == "direct"


async def test_lp_hears_why_a_job_is_not_taken() -> None:
    async with scene(bytes_free=10) as stage:
        status, output = await run(
            program("lp"), "-h", stage.client.host, "-d", "held", str(REPORT)
        )
        unknown, _ = await run(program("lp"), "-h", stage.client.host, "-d", "nope", str(REPORT))

        assert status != 0
        assert "spool_full" in output
        assert unknown != 0
        assert not [job for job in stage.jobs.all_jobs if job.document_count]


async def test_a_user_sees_and_cancels_a_job_with_debians_clients() -> None:
    async with scene() as stage:
        anna = (program("lp"), "-h", stage.client.host, "-U", "anna")
        await run(*anna, "-d", "held", str(REPORT))
        _, listed = await run(program("lpstat"), "-h", stage.client.host, "-o")
        _, queues = await run(program("lpstat"), "-h", stage.client.host, "-p", "-d")
        status, output = await run(
            program("cancel"), "-h", stage.client.host, "-U", "anna", "held-1"
        )

        assert "held-1" in listed
        assert "printer held is idle" in queues
        assert status == 0, output
        assert stage.jobs.all_jobs[0].state is JobState.CANCELED
