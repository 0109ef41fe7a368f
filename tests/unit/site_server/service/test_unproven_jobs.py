"""Jobs of which nobody has proved who sent them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from failure_modes.job_lifecycle import JobState
from failure_modes.vocabulary import Reason
from replication.entry_bodies import JobPrinted
from replication.schema import directory as schema
from site_server.causes import Cause
from site_server.ipp.service_port import Refusal
from site_server.ipp.vocabulary import Status
from site_server.ports import Fate, Outcome
from tests.unit.site_server.a_site import DIRECT, PRICE_MICROS, a_site, units
from tests.unit.site_server.front_desk import (
    FOR_MANAGER,
    MANAGER,
    PROVEN,
    PROVEN_HELD,
    open_desk,
    send,
    sent,
)
from tests.unit.site_server.service.ipp_calls import as_view, request
from tests.unit.site_server.service.ipp_calls import send as send_document

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.site_server.a_site import ASite

OFFLINE = "Offline Account"
JOB_MICROS = 2 * PRICE_MICROS


def rule(site: ASite, unauthenticated: str) -> None:
    site.policy("global", "", {"unauthenticated": unauthenticated})


async def test_by_default_an_unproven_job_is_refused_before_anything_is_accepted(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        open_desk(site)
        refused = await send(site, "ada", PROVEN)
        assert isinstance(refused, Refusal)
        assert (refused.reason, refused.status) == (
            Reason.UNAUTHENTICATED,
            Status.NOT_AUTHENTICATED,
        )
        assert "Log in and send it again" in refused.message
        assert (site.kinds(), site.spool.documents) == ([], {})


async def test_a_proven_job_prints_and_its_user_pays(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        open_desk(site)
        await sent(site, "ada", PROVEN, is_proven=True)
        assert site.money("ada").effective_micros == units(5) - JOB_MICROS


async def test_a_queue_that_asks_for_no_proof_takes_the_name_as_it_comes(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        open_desk(site)
        job = site.job(await sent(site, "ada", DIRECT))
        assert (job.state, job.is_proven) == (JobState.PRINTED, True)


async def test_the_login_at_the_panel_proves_a_held_job(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        open_desk(site)
        job = site.job(await sent(site, "ada", PROVEN_HELD))
        assert not job.is_proven
        await site.release(job)
        assert site.job(job.job_uuid).is_proven


async def test_a_job_for_a_manager_needs_no_other_proof(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        open_desk(site)
        await site.release(site.job(await sent(site, "ada", FOR_MANAGER)), MANAGER)


async def test_an_unproven_job_can_wait_for_a_manager_who_vouches_for_it(tmp_path: Path) -> None:
    jam = Outcome(fate=Fate.NOT_PRINTED, reason=Cause.PRINTER_UNREACHABLE, detail="no answer")
    async with a_site(tmp_path) as site:
        open_desk(site)
        rule(site, "hold_for_manager")
        job = site.job(await sent(site, "ada", PROVEN))
        assert (job.state, job.reason_code) == (JobState.HELD, Reason.HELD_FOR_MANAGER)
        await site.services.release_job.release_waiting()
        assert site.job(job.job_uuid) == job
        site.printer.outcomes = [jam]
        await site.release(job, MANAGER)
        await site.settle()
        site.clock.advance(3_600_000)
        await site.services.release_job.release_waiting()
        await site.settle()
        assert site.printer.papers == [job.job_uuid]
        assert site.money("ada").effective_micros == units(5) - JOB_MICROS


async def test_whoever_logs_in_as_the_user_vouches_for_the_job_as_well(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        open_desk(site)
        rule(site, "hold_for_manager")
        await site.release(site.job(await sent(site, "ada", PROVEN)))


@pytest.mark.parametrize("user_name", ["ada", "whoever"])
async def test_unproven_jobs_can_go_to_the_offline_account(tmp_path: Path, user_name: str) -> None:
    async with a_site(tmp_path) as site:
        open_desk(site)
        site.account(OFFLINE, 0, open_to="user:nobody")
        site.replica.put(schema.accounts, account_name=OFFLINE, title=OFFLINE, restricted=False)
        rule(site, "charge_offline_account")
        await sent(site, user_name, PROVEN)
        printed = site.facts()[-1]
        assert isinstance(printed, JobPrinted)
        assert (printed.user_name, printed.payer) == (user_name, f"account:{OFFLINE}")
        assert site.money("ada").effective_micros == units(5)
        assert site.payer_money(f"account:{OFFLINE}").effective_micros == -JOB_MICROS


async def test_without_an_offline_account_an_unproven_job_is_refused(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        open_desk(site)
        rule(site, "charge_offline_account")
        refused = await send(site, "ada", PROVEN)
        assert isinstance(refused, Refusal)
        assert (refused.reason, refused.status) == (Reason.UNKNOWN_ACCOUNT, Status.NOT_AUTHORIZED)


async def test_a_spool_name_can_be_trusted_as_before(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        open_desk(site)
        rule(site, "trust_spool_name")
        await sent(site, "ada", PROVEN)
        assert site.money("ada").effective_micros == units(5) - JOB_MICROS
        refused = await send(site, "whoever", PROVEN)
        assert isinstance(refused, Refusal)
        assert refused.reason == Reason.UNKNOWN_USER


async def test_a_job_made_in_two_steps_is_refused_at_the_first(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        open_desk(site)
        refused = await site.services.ipp_jobs.create_job(request(queue_name=PROVEN))
        assert isinstance(refused, Refusal)
        assert refused.reason == Reason.UNAUTHENTICATED
        proven = replace(request(queue_name=PROVEN), is_proven=True)
        created = await as_view(site.services.ipp_jobs.create_job(proven))
        await send_document(site, created)
        await site.settle()
        assert site.job(created.job_uuid).state is JobState.PRINTED
