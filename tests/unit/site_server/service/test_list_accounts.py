"""What a person may choose from at a panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from failure_modes.vocabulary import Reason
from replication.schema import directory as schema
from site_server.config import Limits
from site_server.errors import RefusedError
from site_server.service.charged_to import Charge
from tests.unit.site_server.a_site import PRICE_MICROS, PRINTER, a_site, units

if TYPE_CHECKING:
    from pathlib import Path


async def test_accounts_are_listed_with_what_may_be_spent_of_them_here(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.account("Library", units(2))
        site.account("Boundless", 0, open_to="user:ada")
        site.replica.put(schema.accounts, account_name="Boundless", title="B", restricted=False)
        site.account("Secret", units(9), open_to="user:grace")
        job = await site.print_pdf("ada")
        charge = Charge(account_name="Library")
        await site.services.release_job.release(job.job_uuid, "ada", PRINTER, charge)
        await site.settle()
        listed = site.services.panels.list_accounts.list(await site.log_in("ada"))
        assert [(each.account_name, each.balance_micros) for each in listed.accounts] == [
            ("Boundless", None),
            ("Library", units(2) - 2 * PRICE_MICROS),
        ]
        assert listed.currency == "EUR"


async def test_the_list_has_a_bound(tmp_path: Path) -> None:
    async with a_site(tmp_path, limits=Limits(accounts_per_list_max=1)) as site:
        site.user("ada")
        site.account("A", 0)
        site.account("B", 0)
        assert len(site.services.panels.list_accounts.list(await site.log_in("ada")).accounts) == 1


async def test_a_site_without_a_replica_knows_no_accounts(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        session = await site.log_in("ada")
        site.replica.ready = False
        with pytest.raises(RefusedError) as refused:
            site.services.panels.list_accounts.list(session)
        assert refused.value.reason == Reason.NO_REPLICA


async def test_who_is_switched_off_meanwhile_chooses_no_account(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        session = await site.log_in("ada")
        site.user("ada", enabled=False)
        with pytest.raises(RefusedError) as refused:
            site.services.panels.list_accounts.list(session)
        assert refused.value.reason == Reason.USER_DISABLED
