"""A person is asked at the device who pays, and a direct queue has nobody to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from failure_modes.job_lifecycle import JobState
from failure_modes.vocabulary import LinkState, Reason, Sides
from replication.entry_bodies import JobPrinted
from site_server.causes import Cause
from site_server.errors import RefusedError
from site_server.ipp.service_port import Refusal
from site_server.ports import Fate, Outcome
from site_server.service.charged_to import Charge
from site_server.service.explain_decision import explain_decision
from site_server.service.supposed import Supposed
from tests.unit.site_server.a_site import DIRECT, PRICE_MICROS, PRINTER, a_site, units

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.site_server.a_site import ASite

OFFLINE = "Offline Account"
LIBRARY = Charge(account_name="Library")


def ask(site: ASite, account_selection: str) -> None:
    site.policy("global", "", {"ask_for_account": True, "account_selection": account_selection})
    site.user("ada", units(5))
    site.account("Library", units(2))
    site.account(OFFLINE, units(3), open_to="user:nobody")


def payer(site: ASite) -> str:
    printed = site.facts()[-1]
    assert isinstance(printed, JobPrinted)
    return printed.payer


@pytest.mark.parametrize(
    ("charge", "expected"),
    [
        (Charge(), f"account:{OFFLINE}"),
        (LIBRARY, "account:Library"),
        (Charge(personal=True), "user:ada"),
    ],
)
async def test_whoever_chooses_at_the_device_is_obeyed(
    tmp_path: Path, charge: Charge, expected: str
) -> None:
    async with a_site(tmp_path) as site:
        ask(site, "shared")
        job = await site.print_pdf("ada")
        await site.services.release_job.release(job.job_uuid, "ada", PRINTER, charge)
        await site.settle()
        assert payer(site) == expected


@pytest.mark.parametrize(
    ("choice", "expected"), [("shared", f"account:{OFFLINE}"), ("personal", "user:ada")]
)
async def test_a_direct_queue_lets_the_policy_choose(
    tmp_path: Path, choice: str, expected: str
) -> None:
    async with a_site(tmp_path) as site:
        ask(site, choice)
        await site.print_pdf("ada", DIRECT)
        assert payer(site) == expected


async def test_a_direct_job_of_which_nobody_may_choose_is_refused_before_it_is_accepted(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        ask(site, "cancel")
        refused = await site.submit("ada", DIRECT)
        assert isinstance(refused, Refusal)
        assert refused.reason == Reason.NO_ACCOUNT_CHOSEN
        assert site.kinds() == []
        await site.print_pdf("ada")


async def test_a_direct_job_can_wait_until_its_user_has_chosen(tmp_path: Path) -> None:
    no_answer = Outcome(fate=Fate.NOT_PRINTED, reason=Cause.PRINTER_UNREACHABLE, detail="off")
    async with a_site(tmp_path) as site:
        ask(site, "choose_at_device")
        job = await site.print_pdf("ada", DIRECT)
        assert (job.state, job.reason_code) == (JobState.HELD, Reason.ACCOUNT_TO_BE_CHOSEN)
        (listed,) = site.services.list_jobs.list(await site.log_in("ada")).jobs
        assert (listed.may_go, listed.reason) == (False, Reason.ACCOUNT_TO_BE_CHOSEN)
        with pytest.raises(RefusedError) as refused:
            await site.release(job)
        assert refused.value.reason == Reason.ACCOUNT_TO_BE_CHOSEN
        site.printer.outcomes = [no_answer]
        await site.services.release_job.release(job.job_uuid, "ada", PRINTER, LIBRARY)
        await site.settle()
        site.clock.advance(3_600_000)
        await site.services.release_job.release_waiting()
        await site.settle()
        assert payer(site) == "account:Library"


async def test_an_account_that_is_not_open_to_the_user_pays_nothing(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        ask(site, "shared")
        job = await site.print_pdf("ada")
        charge = Charge(account_name=OFFLINE)
        with pytest.raises(RefusedError) as refused:
            await site.services.release_job.release(job.job_uuid, "ada", PRINTER, charge)
        assert refused.value.reason == Reason.ACCOUNT_NOT_OPEN
        assert site.payer_money(f"account:{OFFLINE}").reserved_micros == 0


async def test_an_explanation_speaks_of_whoever_would_pay_unasked(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        ask(site, "shared")
        supposed = Supposed(
            user_name="ada",
            printer_name=PRINTER,
            pages=2,
            colour=False,
            copies=1,
            sides=Sides.ONE_SIDED,
            link=LinkState.OFFLINE,
        )
        services = site.services
        told = explain_decision(services.ground, services.decider, supposed).as_json()
        assert (told["charge_account"], told["cost_micros"]) == (OFFLINE, 2 * PRICE_MICROS)
