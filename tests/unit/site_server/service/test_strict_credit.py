"""Under `strict` a site spends its allowance, and says who was at hand and what they lacked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from failure_modes.vocabulary import LinkState, Reason
from replication.entry_bodies import AllowanceReturned
from replication.schema import directory as schema
from site_server.errors import RefusedError
from site_server.refusals import retry_helps
from site_server.service.allowance import Need
from tests.unit.site_server.a_site import PRICE_MICROS, SITE, a_site, units

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.unit.site_server.a_site import ASite

ADA = "user:ada"
COST_MICROS = 2 * PRICE_MICROS


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[ASite]:
    """A site whose rule is `strict`; ada has 5.00, of which it may spend 0.10."""
    async with a_site(tmp_path) as running:
        running.policy("global", "", {"credit": "strict"})
        running.user("ada", units(5))
        running.grant(ADA, COST_MICROS)
        yield running


def needs_at(site: ASite) -> list[Need]:
    """What is noted from now on."""
    noted: list[Need] = []
    site.services.decider.on_need = noted.append
    return noted


async def refused(site: ASite) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        await site.release(await site.print_pdf("ada"))
    return caught.value


async def test_the_allowance_is_spent_once_and_no_more(site: ASite) -> None:
    await site.release(await site.print_pdf("ada"))
    await site.settle()
    error = await refused(site)
    assert error.reason == Reason.ALLOWANCE_SPENT
    assert retry_helps(error.reason)
    assert site.money("ada").effective_micros == units(5) - COST_MICROS


async def test_what_is_set_aside_is_not_left(site: ASite) -> None:
    site.printer.gate.clear()
    await site.release(await site.print_pdf("ada"))
    assert (await refused(site)).reason == Reason.ALLOWANCE_SPENT
    site.printer.gate.set()


async def test_what_was_given_back_cannot_be_spent_any_more(site: ASite) -> None:
    body = AllowanceReturned(payer=ADA, amount_micros=1)
    await site.store.write(lambda unit: unit.journal.append(body))
    assert (await refused(site)).reason == Reason.ALLOWANCE_SPENT
    assert site.money("ada").effective_micros == units(5)
    # Once the replica knows of it, it counts there and here no more.
    site.grant(ADA, COST_MICROS - 1)
    site.replica.put(schema.watermarks, site_name=SITE, epoch=1, seq=1, entry_hash="0" * 64)
    assert site.services.decider.allowance(site.store, ADA).left_micros == COST_MICROS - 1


async def test_the_share_of_another_site_is_not_ours(site: ASite) -> None:
    site.grant(ADA, 0)
    site.grant(ADA, units(5), "lima")
    assert (await refused(site)).reason == Reason.ALLOWANCE_SPENT


async def test_a_grant_larger_than_what_is_left_of_the_balance_is_not_spent(site: ASite) -> None:
    site.balance("ada", COST_MICROS - 1)
    assert (await refused(site)).reason == Reason.ALLOWANCE_SPENT


async def test_a_rule_that_is_strict_only_offline_knows_the_allowance_too(site: ASite) -> None:
    step = {"after_ms": 0, "rules": {"credit": "strict"}}
    site.policy("global", "", {"escalation": [step]})
    site.link.state, site.link.offline_since_ms = LinkState.OFFLINE, site.clock.wall_ms()
    await site.release(await site.print_pdf("ada"))
    await site.settle()
    assert (await refused(site)).reason == Reason.ALLOWANCE_SPENT


async def test_a_login_says_who_is_at_hand_and_a_job_what_it_will_cost(site: ASite) -> None:
    await site.print_pdf("ada")
    noted = needs_at(site)
    session = await site.log_in("ada")
    assert noted == [Need(payer=ADA, amount_micros=units(0))]
    await site.print_pdf("ada")
    noted.clear()
    site.services.list_jobs.list(session)
    assert noted[-1] == Need(payer=ADA, amount_micros=units(2 * COST_MICROS / 1_000_000))


async def test_a_refusal_says_what_was_lacking(site: ASite) -> None:
    site.grant(ADA, 0)
    noted = needs_at(site)
    await refused(site)
    assert noted[-1].amount_micros == COST_MICROS


async def test_a_direct_job_goes_by_itself_once_the_allowance_has_come(site: ASite) -> None:
    site.grant(ADA, 0)
    job = await site.print_pdf("ada", "oslo-direct")
    assert site.job(job.job_uuid).reason_code == Reason.ALLOWANCE_SPENT
    site.grant(ADA, COST_MICROS)
    site.clock.advance(60_000)
    await site.services.expire.once()
    await site.settle()
    assert site.printer.papers == [job.job_uuid]


async def test_another_rule_looks_up_no_allowance_and_says_nothing(site: ASite) -> None:
    site.policy("global", "", {"credit": "replica_balance"})
    noted = needs_at(site)
    known = site.services.decider.known("ada", "oslo-1")
    assert known.granted is None
    await site.release(await site.print_pdf("ada"))
    await asyncio.sleep(0)
    assert noted == []


async def test_a_user_without_a_limit_needs_no_allowance(site: ASite) -> None:
    site.user("ada", 0, restricted=False)
    noted = needs_at(site)
    await site.release(await site.print_pdf("ada"))
    assert noted == []
