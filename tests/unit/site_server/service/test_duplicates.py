"""The same document again, within the time that the rules set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from failure_modes.vocabulary import LinkState, Reason
from site_server.errors import RefusedError
from site_server.ports import Fate, Outcome
from site_server.testing import PrinterDouble
from tests.unit.site_server.a_site import SITE, a_site, units

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.site_server.a_site import ASite

MINUTE_MS = 60_000
ONE_MINUTE = {"kind": "duplicate", "limit": MINUTE_MS, "scope": "all"}


def refuse_duplicates(site: ASite) -> None:
    site.policy("site", SITE, {"filters": [ONE_MINUTE]})


async def released(site: ASite, user_name: str = "ada") -> None:
    await site.release(await site.print_pdf(user_name))
    await site.settle()


async def test_the_same_document_again_is_refused_until_its_time_is_over(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        refuse_duplicates(site)
        site.user("ada", units(5))
        await released(site)
        again = await site.print_pdf("ada")
        site.clock.advance(MINUTE_MS - 1)
        with pytest.raises(RefusedError) as refused:
            await site.release(again)
        assert refused.value.reason == Reason.DUPLICATE_JOB
        session = await site.log_in("ada")
        (listed,) = site.services.list_jobs.list(session).jobs
        assert (listed.may_go, listed.reason) == (False, Reason.DUPLICATE_JOB)

        site.clock.advance(1)
        await site.release(again)
        await site.settle()
        assert len(site.printer.papers) == 2


async def test_the_same_document_of_somebody_else_is_no_duplicate(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        refuse_duplicates(site)
        for name in ("ada", "grace"):
            site.user(name, units(5))
            await released(site, name)
        assert len(site.printer.papers) == 2


async def test_another_job_is_no_duplicate_of_one_that_did_not_come_out(
    tmp_path: Path,
) -> None:
    printer = PrinterDouble(outcomes=[Outcome(fate=Fate.NOT_PRINTED)])
    async with a_site(tmp_path, printer=printer) as site:
        refuse_duplicates(site)
        site.user("ada", units(5))
        jammed, another = await site.print_pdf("ada"), await site.print_pdf("ada")
        await site.release(jammed)
        await site.settle()
        await site.release(another)
        await site.settle()
        assert site.printer.papers == [another.job_uuid]


async def test_a_job_that_did_not_come_out_is_no_duplicate_of_itself(tmp_path: Path) -> None:
    printer = PrinterDouble(outcomes=[Outcome(fate=Fate.NOT_PRINTED)])
    async with a_site(tmp_path, printer=printer) as site:
        refuse_duplicates(site)
        site.user("ada", units(5))
        job = await site.print_pdf("ada")
        for _ in range(2):
            await site.release(job)
            await site.settle()
        assert site.printer.papers == [job.job_uuid]


async def test_of_two_equal_jobs_released_at_once_the_second_sees_the_first(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        refuse_duplicates(site)
        site.user("ada", units(5))
        first, second = await site.print_pdf("ada"), await site.print_pdf("ada")
        site.printer.gate.clear()
        await site.release(first)
        with pytest.raises(RefusedError) as refused:
            await site.release(second)
        assert refused.value.reason == Reason.DUPLICATE_JOB
        site.printer.gate.set()
        await site.settle()


async def test_without_such_a_filter_nobody_minds(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        await released(site)
        await released(site)
        assert len(site.printer.papers) == 2


async def test_a_filter_that_comes_later_in_an_outage_is_asked_as_well(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        step = {"after_ms": 3_600_000, "rules": {"filters": [ONE_MINUTE]}}
        site.policy("site", SITE, {"escalation": [step]})
        site.user("ada", units(5))
        site.link.state, site.link.offline_since_ms = LinkState.OFFLINE, site.clock.wall_ms()
        site.clock.advance(3_600_000)
        await released(site)
        with pytest.raises(RefusedError) as refused:
            await site.release(await site.print_pdf("ada"))
        assert refused.value.reason == Reason.DUPLICATE_JOB


async def test_a_release_in_the_future_of_a_clock_that_was_set_back_delays_nobody(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        refuse_duplicates(site)
        site.user("ada", units(5))
        await released(site)
        site.clock.jump(-1)
        await released(site)
        assert len(site.printer.papers) == 2
