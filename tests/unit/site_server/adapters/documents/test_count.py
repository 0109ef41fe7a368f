"""The counter process itself, as the site runs it."""

from __future__ import annotations

import asyncio
import resource
import shutil
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failure_modes.pricing import PageCount
from replication.adapters.child_process import ChildProcess, ChildSpec
from site_server.adapters.documents.count import COUNTER, DocumentCounter
from site_server.adapters.documents.pdf_pages import CountLimits, Uncountable
from site_server.ipp.document_format import PDF
from site_server.ports import Counted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

DOCUMENTS = Path(__file__).parents[4] / "fixtures" / "documents"
REPORT = DOCUMENTS / "colour-2-of-5-pages.pdf"
FOUND = Counted(pages=PageCount(mono=3, colour=2))
DIES = "import sys; sys.stdin.readline()"
HANGS = "import sys, threading; sys.stdin.readline(); threading.Event().wait()"
BURNS = """
import json, resource, sys
line = sys.stdin.readline()
from site_server.adapters.documents.__main__ import _answer
request = json.loads(line)
request["path"] = "/nowhere"
_answer(request)
while True:
    pass
"""


@asynccontextmanager
async def running(child: ChildProcess) -> AsyncIterator[ChildProcess]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(child.run())
        yield child
        task.cancel()


def child_of(code: str) -> ChildProcess:
    return ChildProcess(ChildSpec(name="hostile", command=(sys.executable, "-c", code)))


async def test_documents_are_counted_one_after_the_other_in_one_process() -> None:
    async with running(ChildProcess(COUNTER)) as child:
        counter = DocumentCounter(child)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(counter.count(REPORT, PDF)) for _ in range(5)]
        bad = await counter.count(DOCUMENTS / "encrypted.pdf", PDF)

        assert [task.result() for task in tasks] == [FOUND] * 5
        assert bad == Counted(pages=None, reason=Uncountable.ENCRYPTED)
        assert child.restarts == 0


async def test_what_is_not_pdf_is_not_counted() -> None:
    counter = DocumentCounter(ChildProcess(COUNTER))

    counted = await counter.count(DOCUMENTS / "color.jpg", "image/jpeg")
    assert counted == Counted(pages=None, reason=Uncountable.FORMAT)


async def test_a_document_that_kills_the_counter_is_killed_not_retried_for_ever() -> None:
    async with running(child_of(DIES)) as child:
        counted = await DocumentCounter(child).count(REPORT, PDF)

        assert counted.reason == Uncountable.KILLED


async def test_a_document_that_hangs_the_counter_is_too_slow() -> None:
    async with running(child_of(HANGS)) as child:
        counter = DocumentCounter(child, CountLimits(time_ms_max=1), grace_ms=1_000)
        counted = await counter.count(REPORT, PDF)

        assert counted.reason == Uncountable.TOO_SLOW


async def test_a_document_that_burns_the_processor_is_killed_by_the_kernel() -> None:
    async with running(child_of(BURNS)) as child:
        counter = DocumentCounter(child, CountLimits(cpu_ms_max=1_000))
        counted = await counter.count(REPORT, PDF)

        assert counted.reason == Uncountable.KILLED


async def test_a_counter_that_does_not_run_is_no_fault_of_the_document() -> None:
    counter = DocumentCounter(ChildProcess(COUNTER), CountLimits(time_ms_max=1), grace_ms=50)

    assert (await counter.count(REPORT, PDF)).reason == Uncountable.UNAVAILABLE


async def test_a_counter_that_was_killed_counts_again() -> None:
    async with running(ChildProcess(COUNTER)) as child:
        counter = DocumentCounter(child)
        assert await counter.count(REPORT, PDF) == FOUND
        child.kill()

        assert await counter.count(REPORT, PDF) == FOUND


async def test_the_counter_can_neither_grow_nor_write(tmp_path: Path) -> None:
    document = Path(shutil.copy(REPORT, tmp_path))
    async with running(ChildProcess(COUNTER)) as child:
        assert await DocumentCounter(child).count(document, PDF) == FOUND
        limits = await asyncio.to_thread(_limits_of, child.pid)

    assert limits["Max address space"] == str(CountLimits().memory_bytes_max)
    assert limits["Max core file size"] == limits["Max file size"] == "0"
    assert limits["Max cpu time"] not in {"unlimited", str(resource.RLIM_INFINITY)}


def _limits_of(pid: int | None) -> dict[str, Any]:
    """The soft limits by name; the columns of the kernel's table are fixed."""
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    return {line[:26].strip(): line[26:47].strip() for line in lines}
