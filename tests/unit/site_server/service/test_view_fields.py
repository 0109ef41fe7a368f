"""Everything that a decision is told, as the site really is."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Final

import pytest

from failure_modes.opening_hours import DAY_MINUTES
from failure_modes.vocabulary import LinkState, Reason
from replication.schema import directory as schema
from site_server.errors import RefusedError
from site_server.ipp.service_port import JobTicket, JobView
from site_server.service.charged_to import THE_USER, Charge
from site_server.service.local_time import minute_of_week
from site_server.service.release_job import facts_of
from tests.unit.site_server.a_site import PDF, PRICE_MICROS, PRINTER, a_site, units

if TYPE_CHECKING:
    from pathlib import Path

    from failure_modes.facts import View
    from tests.unit.site_server.a_site import ASite

JOB_MICROS: Final = 2 * PRICE_MICROS
DAY_MS: Final = 86_400_000


def seen(site: ASite, user_name: str = "ada", charge: Charge = THE_USER) -> View:
    known = site.services.decider.known(user_name, PRINTER, charge)
    with site.store.read() as records:
        return site.services.decider.view(records, known)


async def test_a_user_has_all_their_groups_and_nobody_elses(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        for user_name in ("ada", "grace"):
            site.user(user_name)
        site.member("ada", "staff")
        site.member("ada", 'the "quick" ones')
        site.member("grace", "pupils")
        user, other = seen(site).user, seen(site, "grace").user
        assert user is not None
        assert user.groups == {"staff", 'the "quick" ones'}
        assert other is not None
        assert other.groups == {"pupils"}
        assert seen(site, "nobody").user is None


async def test_a_filter_for_a_group_is_obeyed(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.policy("global", "", {"filters": [{"kind": "group", "names": ["staff"]}]})
        site.user("ada", units(5))
        job = await site.print_pdf("ada")
        with pytest.raises(RefusedError) as refused:
            await site.release(job)
        assert refused.value.reason == Reason.GROUP_NEEDED
        site.member("ada", "staff")
        await site.release(job)


async def test_an_old_replica_is_no_longer_believed_about_cards(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        assert seen(site).replica_ms == site.clock.wall_ms()
        await site.log_in("ada")
        site.clock.advance(15 * DAY_MS)
        with pytest.raises(RefusedError) as refused:
            await site.log_in("ada")
        assert refused.value.reason == Reason.CREDENTIALS_TOO_OLD


async def test_an_outage_that_lasts_too_long_stops_the_printing(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        job = await site.print_pdf("ada")
        assert seen(site).offline_since_ms is None
        site.link.state = LinkState.OFFLINE
        site.link.offline_since_ms = site.clock.wall_ms()
        site.clock.advance(15 * DAY_MS)
        with pytest.raises(RefusedError) as refused:
            await site.release(job)
        assert refused.value.reason == Reason.OFFLINE_TOO_LONG


async def test_a_site_prints_in_its_own_opening_hours(tmp_path: Path) -> None:
    async with a_site(tmp_path, zone=UTC) as site:
        site.user("ada", units(5))
        minute = minute_of_week(site.clock.wall_ms(), UTC)
        assert seen(site).local_minute == minute
        days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        del days[minute // DAY_MINUTES]
        hours = [{"days": days, "from": "00:00", "to": "24:00"}]
        site.policy("global", "", {"opening_hours": hours})
        job = await site.print_pdf("ada")
        with pytest.raises(RefusedError) as refused:
            await site.release(job)
        assert refused.value.reason == Reason.CLOSED_NOW
        site.clock.advance(DAY_MS)
        await site.release(job)


async def test_an_offline_ceiling_counts_what_was_spent_and_set_aside(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        ceiling_micros = 3 * JOB_MICROS - 1
        rules = {"credit": "offline_ceiling", "offline_ceiling_micros": ceiling_micros}
        site.policy("global", "", rules)
        site.user("ada", units(5))
        site.link.state = LinkState.OFFLINE
        first, second, third = [await site.print_pdf("ada") for _ in range(3)]
        await site.release(first)
        await site.settle()
        site.printer.gate.clear()
        await site.release(second)
        user = seen(site).user
        assert user is not None
        assert user.offline_spent_micros == 2 * JOB_MICROS
        with pytest.raises(RefusedError) as refused:
            await site.release(third)
        assert refused.value.reason == Reason.CEILING_REACHED
        site.link.state = LinkState.ONLINE
        await site.release(third)


async def test_what_headquarters_has_counted_is_no_longer_spent_here(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        await site.release(await site.print_pdf("ada"))
        await site.settle()
        seq = site.store.head().seq
        site.merge_up_to(seq, epoch=1, user_name="ada", balance_micros=units(4))
        user = seen(site).user
        assert user is not None
        assert (user.balance_micros, user.offline_spent_micros) == (units(4), 0)


async def test_accounts_are_seen_with_their_effective_balance_and_only_if_asked(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.account("Library", units(2))
        site.replica.put(schema.accounts, account_name="Empty", title="Empty")
        charge = Charge(account_name="Library")
        job = await site.print_pdf("ada")
        await site.services.release_job.release(job.job_uuid, "ada", PRINTER, charge)
        account = seen(site, charge=charge).accounts["Library"]
        assert account.balance_micros == units(2) - JOB_MICROS
        assert account.offline_spent_micros == JOB_MICROS
        assert (account.enabled, account.restricted, account.open_to_user) == (True, True, True)
        empty = seen(site, charge=Charge(account_name="Empty")).accounts["Empty"]
        assert (empty.balance_micros, empty.open_to_user) == (0, False)
        assert seen(site).accounts == {}


async def test_a_decision_is_told_of_the_document(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        view = await site.submit("ada", ticket=JobTicket(media="iso_a3_297x420mm"))
        assert isinstance(view, JobView)
        facts = facts_of(site.job(view.job_uuid))
        assert (facts.document_name, facts.document_format) == ("report.pdf", "application/pdf")
        assert (facts.spool_bytes, facts.paper_size) == (len(PDF), "iso_a3_297x420mm")
