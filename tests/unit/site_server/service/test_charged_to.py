"""Shared accounts: what they pay, and what a second person may still spend of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from failure_modes.facts import CopyFacts
from failure_modes.policy import resolve
from failure_modes.pricing import PageCount
from failure_modes.vocabulary import Layer, Reason
from replication.entry_bodies import CopyFinished, JobPrinted
from site_server.errors import RefusedError
from site_server.service.charged_to import THE_USER, Charge, accounts_asked
from tests.unit.site_server.a_site import DEVICE, PRICE_MICROS, PRINTER, a_site, units

if TYPE_CHECKING:
    from pathlib import Path

JOB_MICROS: Final = 2 * PRICE_MICROS
OFFLINE: Final = "Offline Account"
LIBRARY: Final = Charge(account_name="Library")
UNPROVEN: Final = Charge(is_proven=False)
ASKED: Final[dict[str, object]] = {"ask_for_account": True}


async def test_a_job_on_a_shared_account_is_reserved_and_charged_there(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.account("Library", units(2))
        site.printer.gate.clear()
        job = await site.print_pdf("ada")
        await site.services.release_job.release(job.job_uuid, "ada", PRINTER, LIBRARY)
        await site.settle()
        assert site.payer_money("account:Library").reserved_micros == JOB_MICROS
        assert site.money("ada").reserved_micros == 0
        site.printer.gate.set()
        await site.settle()
        printed = site.facts()[-1]
        assert isinstance(printed, JobPrinted)
        assert (printed.user_name, printed.payer) == ("ada", "account:Library")
        money = site.payer_money("account:Library")
        assert (money.reserved_micros, money.effective_micros) == (0, units(2) - JOB_MICROS)
        assert site.money("ada").effective_micros == units(5)


async def test_what_somebody_spends_of_an_account_is_gone_for_the_next(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.account("Library", JOB_MICROS)
        for user_name in ("ada", "grace"):
            site.user(user_name, units(5))
        first, second = await site.print_pdf("ada"), await site.print_pdf("grace")
        release = site.services.release_job.release
        await release(first.job_uuid, "ada", PRINTER, LIBRARY)
        with pytest.raises(RefusedError) as refused:
            await release(second.job_uuid, "grace", PRINTER, LIBRARY)
        assert refused.value.reason == Reason.NOT_ENOUGH_CREDIT
        await release(second.job_uuid, "grace", PRINTER)


async def test_an_account_that_does_not_exist_pays_nothing(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        job = await site.print_pdf("ada")
        with pytest.raises(RefusedError) as refused:
            await site.services.release_job.release(job.job_uuid, "ada", PRINTER, LIBRARY)
        assert refused.value.reason == Reason.UNKNOWN_ACCOUNT


async def test_copies_of_which_nobody_chose_the_account_go_to_the_offline_account(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", 0)
        site.account(OFFLINE, units(2))
        session = await site.log_in("ada")
        site.policy("global", "", ASKED)
        facts = CopyFacts(pages=10, colour=False)
        copy = (await site.services.copy_session.start(session, facts)).copy
        assert site.payer_money(f"account:{OFFLINE}").reserved_micros == 10 * PRICE_MICROS
        await site.services.copy_session.finish(
            session.session_id, DEVICE.device_name, copy.copy_uuid, PageCount(mono=3, colour=0)
        )
        finished = site.facts()[-1]
        assert isinstance(finished, CopyFinished)
        assert finished.payer == f"account:{OFFLINE}"
        money = site.payer_money(finished.payer)
        assert money.effective_micros == units(2) - 3 * PRICE_MICROS
        assert site.money("ada").effective_micros == 0


@pytest.mark.parametrize(
    ("charge", "rules", "expected"),
    [
        (THE_USER, {}, set()),
        (LIBRARY, {}, {"Library"}),
        (LIBRARY, ASKED, {"Library"}),
        (Charge(personal=True), ASKED, set()),
        (Charge(manager_name="mary"), ASKED, set()),
        (THE_USER, {**ASKED, "offline_account_name": "Cuts"}, {"Cuts"}),
        (THE_USER, {**ASKED, "account_selection": "personal"}, set()),
        (UNPROVEN, {"account_selection": "personal"}, set()),
        (UNPROVEN, {"unauthenticated": "charge_offline_account"}, {OFFLINE}),
        (
            Charge(is_proven=False, manager_name="mary"),
            {"unauthenticated": "charge_offline_account"},
            set(),
        ),
        (
            THE_USER,
            {
                **ASKED,
                "account_selection": "personal",
                "escalation": [
                    {
                        "after_ms": 60_000,
                        "rules": {"account_selection": "shared", "offline_account_name": "Late"},
                    }
                ],
            },
            {"Late"},
        ),
    ],
)
def test_only_accounts_that_may_pay_are_looked_up(
    charge: Charge, rules: dict[str, object], expected: set[str]
) -> None:
    assert accounts_asked(charge, resolve({Layer.GLOBAL: rules})) == expected
