"""Managers let other people's jobs go, and take them away."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from failure_modes.job_lifecycle import JobState
from failure_modes.policy import Policy
from failure_modes.vocabulary import Micros, Reason
from replication.entry_bodies import JobDeleted, JobPrinted, JobReleased
from site_server.causes import Cause
from site_server.config import Limits
from site_server.errors import RefusedError
from site_server.ports import Fate, Outcome
from site_server.service.charged_to import Charge
from site_server.service.list_jobs import JOBS_AT_ONCE
from site_server.service.managers import is_manager, manages
from site_server.store.directory_rows import Person
from tests.unit.site_server.a_site import DIRECT, HELD, PRICE_MICROS, PRINTER, a_site, units
from tests.unit.site_server.front_desk import FOR_MANAGER, MANAGER, open_desk, sent

if TYPE_CHECKING:
    from pathlib import Path

    from replication.entry_bodies import Body
    from tests.unit.site_server.a_site import ASite

MARY = Person(
    user_name="mary",
    full_name="Mary",
    enabled=True,
    restricted=True,
    groups=frozenset({"managers"}),
)


def last(site: ASite, kind: type[Body]) -> Body:
    return next(fact for fact in reversed(site.facts()) if isinstance(fact, kind))


def test_a_manager_is_an_enabled_member_of_the_group_that_the_policy_names() -> None:
    assert manages(MARY, Policy())
    assert not manages(MARY, Policy(manager_group="bosses"))
    assert not manages(replace(MARY, enabled=False), Policy())
    assert not manages(None, Policy())


async def test_who_is_a_manager_is_a_matter_of_the_printer(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        open_desk(site)
        directory = site.services.ground.directory
        assert is_manager(directory, MANAGER, PRINTER)
        site.policy("printer", PRINTER, {"manager_group": "bosses"})
        assert not is_manager(directory, MANAGER, PRINTER)
        site.member("ada", "bosses")
        assert is_manager(directory, "ada", PRINTER)
        site.replica.ready = False
        assert not is_manager(directory, "ada", PRINTER)


@pytest.mark.parametrize("queue_name", [FOR_MANAGER, HELD])
async def test_a_manager_lets_a_job_go_and_its_own_user_pays(
    tmp_path: Path, queue_name: str
) -> None:
    async with a_site(tmp_path) as site:
        open_desk(site)
        job_uuid = await sent(site, "ada", queue_name)
        await site.release(site.job(job_uuid), MANAGER)
        await site.settle()
        released, printed = last(site, JobReleased), last(site, JobPrinted)
        assert isinstance(released, JobReleased)
        assert isinstance(printed, JobPrinted)
        assert (released.user_name, released.by_user_name) == ("ada", MANAGER)
        assert (printed.user_name, printed.payer) == ("ada", "user:ada")
        assert site.money("ada").effective_micros == units(5) - 2 * PRICE_MICROS


async def test_a_manager_may_have_an_account_pay_that_is_open_to_the_manager(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        open_desk(site)
        site.account("Visitors", units(1), open_to="group:managers")
        job = site.job(await sent(site, "ada", FOR_MANAGER))
        release = site.services.release_job.release
        await release(job.job_uuid, MANAGER, PRINTER, Charge(account_name="Visitors"))
        assert site.payer_money("account:Visitors").reserved_micros == 2 * PRICE_MICROS


async def test_an_own_job_names_no_manager_in_the_journal(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        open_desk(site)
        for queue_name in (HELD, FOR_MANAGER):
            await site.release(site.job(await sent(site, MANAGER, queue_name)))
            released = last(site, JobReleased)
            assert isinstance(released, JobReleased)
            assert (released.user_name, released.by_user_name) == (MANAGER, None)


async def test_a_job_in_a_managers_queue_waits_and_says_for_whom(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        open_desk(site)
        job = site.job(await sent(site, "ada", FOR_MANAGER))
        assert (job.state, job.direct, job.for_manager) == (JobState.HELD, False, True)
        with pytest.raises(RefusedError) as refused:
            await site.release(job)
        assert refused.value.reason == Reason.HELD_FOR_MANAGER
        (listed,) = site.services.list_jobs.list(await site.log_in("ada")).jobs
        assert (listed.may_go, listed.reason) == (False, Reason.HELD_FOR_MANAGER)
        assert listed.cost_micros == 2 * PRICE_MICROS
        assert site.job(job.job_uuid) == job


async def test_whoever_is_no_manager_cannot_touch_the_jobs_of_others(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        open_desk(site)
        job = site.job(await sent(site, MANAGER, HELD))
        session = await site.log_in("ada")
        with pytest.raises(RefusedError) as refused:
            await site.release(job, "ada")
        assert refused.value.reason == Cause.NOT_YOUR_JOB
        with pytest.raises(RefusedError) as refused:
            await site.services.delete_job.delete_at_panel(job.job_uuid, session)
        assert refused.value.reason == Cause.NOT_YOUR_JOB
        with pytest.raises(RefusedError) as refused:
            await site.services.list_jobs.list_all(session)
        assert refused.value.reason == Cause.NOT_A_MANAGER
        assert site.job(job.job_uuid) == job


async def test_a_manager_deletes_a_job_and_the_journal_says_who(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        open_desk(site)
        job_uuid = await sent(site, "ada", HELD)
        session = await site.log_in(MANAGER)
        await site.services.delete_job.delete_at_panel(job_uuid, session)
        deleted = last(site, JobDeleted)
        assert isinstance(deleted, JobDeleted)
        assert (deleted.job_uuid, deleted.by_user_name) == (job_uuid, MANAGER)


async def test_a_manager_sees_every_held_job_and_whether_it_may_go(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        open_desk(site)
        site.user("alan", 0)
        jobs = [
            await sent(site, "ada", FOR_MANAGER),
            await sent(site, "alan", HELD),
            await sent(site, MANAGER, HELD),
        ]
        await sent(site, "ada", DIRECT)
        listed = (await site.services.list_jobs.list_all(await site.log_in(MANAGER))).jobs
        assert [each.job.job_uuid for each in listed] == jobs
        assert [each.may_go for each in listed] == [True, False, True]
        assert listed[1].reason == Reason.NOT_ENOUGH_CREDIT
        (own,) = site.services.list_jobs.list(await site.log_in(MANAGER)).jobs
        assert own.may_go


async def test_the_list_of_all_jobs_has_a_bound(tmp_path: Path) -> None:
    async with a_site(tmp_path, limits=Limits(jobs_per_list_max=1)) as site:
        open_desk(site)
        for _ in range(2):
            await sent(site, "ada", HELD)
        session = await site.log_in(MANAGER)
        assert len((await site.services.list_jobs.list_all(session)).jobs) == 1


async def test_a_long_list_is_whole_and_in_order(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        open_desk(site)
        jobs = [await sent(site, "ada", HELD) for _ in range(JOBS_AT_ONCE + 1)]
        listed = (await site.services.list_jobs.list_all(await site.log_in(MANAGER))).jobs
        assert [each.job.job_uuid for each in listed] == jobs
        site.replica.ready = False
        with pytest.raises(RefusedError) as refused:
            site.services.decider.known_of_all(["ada"], PRINTER, Charge())
        assert refused.value.reason == Reason.NO_REPLICA


async def test_a_managers_own_job_for_managers_is_listed_as_one_that_may_go(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        open_desk(site)
        await sent(site, MANAGER, FOR_MANAGER)
        (listed,) = site.services.list_jobs.list(await site.log_in(MANAGER)).jobs
        assert listed.may_go


async def test_a_job_for_a_manager_that_came_back_waits_for_one_again(tmp_path: Path) -> None:
    jam = Outcome(fate=Fate.NOT_PRINTED, reason=Cause.PRINTER_CANCELLED, detail="paper jam")
    async with a_site(tmp_path) as site:
        open_desk(site)
        site.printer.outcomes = [jam]
        job_uuid = await sent(site, "ada", FOR_MANAGER)
        await site.release(site.job(job_uuid), MANAGER)
        await site.settle()
        job = site.job(job_uuid)
        assert (job.state, job.reason_text) == (JobState.HELD, "paper jam")
        with pytest.raises(RefusedError) as refused:
            await site.release(job)
        assert refused.value.reason == Reason.HELD_FOR_MANAGER
        await site.release(job, MANAGER)
        assert site.job(job_uuid).cost_micros == Micros(2 * PRICE_MICROS)
