"""Changing how a held job is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from failure_modes.pricing import PageCount
from failure_modes.session_pin import PIN_MAX_MS
from failure_modes.vocabulary import LinkState, Reason
from replication.entry_bodies import JobPrinted
from replication.errors import StorageFullError
from site_server.causes import Cause
from site_server.errors import RefusedError
from site_server.ports import Counted, Fate, Outcome
from site_server.service.change_job import JobSettings
from tests.unit.site_server.a_site import DIRECT, PRICE_MICROS, FillingStore, a_site, units
from tests.unit.site_server.front_desk import FOR_MANAGER, open_desk, sent

if TYPE_CHECKING:
    from pathlib import Path

THREE_BLACK = JobSettings(copies=3, sides="two-sided-long-edge", colour_mode="monochrome")
DUPLEX_MICROS = PRICE_MICROS * 8 // 10


async def test_what_the_owner_changed_is_what_is_printed_and_charged(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.counter.counted = Counted(pages=PageCount(mono=1, colour=1))
        job = await site.print_pdf("ada")
        session = await site.log_in("ada")
        changed = await site.services.panels.change_job.change(session, job.job_uuid, THREE_BLACK)
        assert (changed.listed.may_go, changed.listed.cost_micros) == (True, 6 * DUPLEX_MICROS)
        await site.release(job)
        await site.settle()
        ticket = site.printer.orders[0].ticket
        wanted = (THREE_BLACK.copies, THREE_BLACK.sides, THREE_BLACK.colour_mode)
        assert (ticket.copies, ticket.sides, ticket.colour_mode) == wanted
        printed = site.facts()[-1]
        assert isinstance(printed, JobPrinted)
        assert (printed.copies, printed.mono_pages, printed.colour_pages) == (3, 2, 0)
        assert printed.cost_micros == 6 * DUPLEX_MICROS


async def test_only_what_is_named_changes_and_it_outlives_a_restart(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        job = await site.print_pdf("ada")
        session = await site.log_in("ada")
        await site.services.panels.change_job.change(session, job.job_uuid, JobSettings(copies=2))
        spool = site.spool
    async with a_site(tmp_path, spool=spool) as again:
        stored = again.job(job.job_uuid)
        assert (stored.copies, stored.sides, stored.colour_mode) == (2, "one-sided", "auto")


async def test_what_the_rules_make_of_a_job_wins_over_what_its_owner_wants(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.policy("global", "", {"conversions": [{"kind": "force_duplex"}]})
        job = await site.print_pdf("ada")
        session = await site.log_in("ada")
        settings = JobSettings(sides="one-sided", copies=2)
        changed = await site.services.panels.change_job.change(session, job.job_uuid, settings)
        assert changed.listed.cost_micros == 4 * DUPLEX_MICROS
        await site.release(job)
        await site.settle()
        assert site.printer.orders[0].ticket.sides == "two-sided-long-edge"


async def test_a_job_may_be_changed_into_one_that_may_not_go_and_back(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", 4 * PRICE_MICROS)
        job = await site.print_pdf("ada")
        session = await site.log_in("ada")
        change = site.services.panels.change_job.change
        dear = (await change(session, job.job_uuid, JobSettings(copies=3))).listed
        assert (dear.may_go, dear.reason) == (False, Reason.NOT_ENOUGH_CREDIT)
        with pytest.raises(RefusedError):
            await site.release(job)
        cheap = (await change(session, job.job_uuid, JobSettings(copies=2))).listed
        assert (cheap.may_go, cheap.reason) == (True, Reason.ENOUGH_CREDIT)
        assert site.job(job.job_uuid).reason_code == ""


async def test_the_limits_of_the_policy_are_asked_anew(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.policy("site", "oslo", {"copies_max": 2})
        job = await site.print_pdf("ada")
        session = await site.log_in("ada")
        changed = await site.services.panels.change_job.change(
            session, job.job_uuid, JobSettings(copies=3)
        )
        assert (changed.listed.may_go, changed.listed.reason) == (False, Reason.TOO_MANY_COPIES)


async def test_a_direct_job_that_waited_for_credit_is_tried_again_by_itself(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", PRICE_MICROS)
        job = await site.print_pdf("ada", DIRECT)
        assert site.job(job.job_uuid).reason_code == Reason.NOT_ENOUGH_CREDIT
        session = await site.log_in("ada")
        site.balance("ada", 2 * PRICE_MICROS)
        change = JobSettings(sides="two-sided-long-edge")
        await site.services.panels.change_job.change(session, job.job_uuid, change)
        await site.services.release_job.release_waiting()
        await site.settle()
        assert site.printer.papers == [job.job_uuid]


async def test_why_a_job_came_back_from_the_printer_is_still_told(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        back = Outcome(fate=Fate.NOT_PRINTED, reason=Cause.PRINTER_REFUSED, detail="no paper")
        site.printer.outcomes = [back]
        job = await site.print_pdf("ada")
        await site.release(job)
        await site.settle()
        session = await site.log_in("ada")
        changed = await site.services.panels.change_job.change(
            session, job.job_uuid, JobSettings(copies=2)
        )
        assert (changed.listed.reason, changed.listed.may_go) == (Cause.PRINTER_REFUSED, True)


async def test_nobody_changes_a_job_of_somebody_else_or_one_on_its_way(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.user("bob", units(5))
        job = await site.print_pdf("ada")
        change = site.services.panels.change_job.change
        with pytest.raises(RefusedError) as refused:
            await change(await site.log_in("bob"), job.job_uuid, THREE_BLACK)
        assert refused.value.reason == Cause.NOT_YOUR_JOB
        site.printer.gate.clear()
        await site.release(job)
        with pytest.raises(RefusedError) as refused:
            await change(await site.log_in("ada"), job.job_uuid, THREE_BLACK)
        assert refused.value.reason == Cause.JOB_ON_ITS_WAY
        with pytest.raises(RefusedError) as refused:
            await change(await site.log_in("ada"), "no-job", THREE_BLACK)
        assert refused.value.reason == Cause.NO_SUCH_JOB
        assert site.job(job.job_uuid).copies == 1


async def test_nothing_changes_where_it_cannot_be_written(tmp_path: Path) -> None:
    async with a_site(tmp_path, make_store=FillingStore) as site:
        site.user("ada", units(5))
        job = await site.print_pdf("ada")
        session = await site.log_in("ada")
        assert isinstance(site.store, FillingStore)
        site.store.is_full = True
        with pytest.raises(StorageFullError):
            await site.services.panels.change_job.change(session, job.job_uuid, THREE_BLACK)
        assert site.job(job.job_uuid).copies == 1


async def test_after_too_long_an_outage_nothing_is_changed_or_shown(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        job = await site.print_pdf("ada")
        session = await site.log_in("ada")
        site.policy("global", "", {"offline_warn_ms": 1, "offline_stop_ms": 2})
        site.link.state, site.link.offline_since_ms = LinkState.OFFLINE, site.clock.wall_ms()
        site.clock.advance(PIN_MAX_MS)
        with pytest.raises(RefusedError) as refused:
            await site.services.panels.change_job.change(session, job.job_uuid, THREE_BLACK)
        assert refused.value.reason == Reason.OFFLINE_TOO_LONG
        with pytest.raises(RefusedError) as refused:
            site.services.panels.own_balance.show(session)
        assert refused.value.reason == Reason.OFFLINE_TOO_LONG
        assert site.job(job.job_uuid).copies == 1


async def test_a_changed_job_that_waits_for_a_manager_goes_on_waiting(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        open_desk(site)
        job = site.job(await sent(site, "ada", FOR_MANAGER))
        session = await site.log_in("ada")
        settings = JobSettings(copies=2)
        changed = await site.services.panels.change_job.change(session, job.job_uuid, settings)
        assert (changed.listed.may_go, changed.listed.reason) == (False, Reason.HELD_FOR_MANAGER)
        assert changed.listed.job.copies == 2
        with pytest.raises(RefusedError):
            await site.release(job)
