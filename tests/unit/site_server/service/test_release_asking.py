"""Jobs of a node without a replica: who decides, and what happens when nobody answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failure_modes.job_lifecycle import JobState
from failure_modes.vocabulary import Authority, LinkState, Reason
from replication.entry_bodies import JobPrinted
from replication.schema import directory as schema
from site_server.causes import Cause
from site_server.ipp.service_port import Refusal
from tests.unit.site_server.a_secondary import REFRESH_MS, a_secondary
from tests.unit.site_server.a_site import DIRECT, HELD, PRICE_MICROS, PRINTER, SITE, units

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

COST_MICROS = 2 * PRICE_MICROS
BEFORE_A_PRINT = ["job_accepted", "job_counted", "job_released"]


# Somebody answers


async def test_headquarters_is_asked_and_the_job_is_charged_in_this_nodes_own_journal(
    tmp_path: Path,
) -> None:
    async with a_secondary(tmp_path) as node:
        node.user("ada", units(5))
        job = await node.print_pdf("ada")
        assert (job.state, job.payer) == (JobState.PRINTED, "user:ada")
        assert node.kinds() == [*BEFORE_A_PRINT, "job_printed"]
        printed = node.facts()[-1]
        assert isinstance(printed, JobPrinted)
        assert printed.cost_micros == COST_MICROS
        assert node.primary.asked == [None, "ada"]
        assert node.site_server.asked == []
        assert node.asking.decides is Authority.PRIMARY


async def test_a_job_that_nobody_can_pay_is_refused_as_on_a_site(tmp_path: Path) -> None:
    async with a_secondary(tmp_path) as node:
        node.user("ada", COST_MICROS - 1)
        job = await node.print_pdf("ada")
        assert (job.state, job.reason_code) == (JobState.HELD, Reason.NOT_ENOUGH_CREDIT)
        assert node.printer.papers == []


async def test_two_jobs_cannot_spend_the_same_credit_although_nothing_is_reserved_elsewhere(
    tmp_path: Path,
) -> None:
    async with a_secondary(tmp_path) as node:
        node.user("ada", COST_MICROS)  # enough for one of the two
        node.printer.gate.clear()
        first = await node.print_pdf("ada")
        second = await node.print_pdf("ada")
        assert first.state is JobState.RELEASING
        assert second.reason_code == Reason.NOT_ENOUGH_CREDIT
        node.printer.gate.set()


async def test_what_this_node_spent_counts_until_the_told_watermark_covers_it(
    tmp_path: Path,
) -> None:
    async with a_secondary(tmp_path) as node:
        node.user("ada", COST_MICROS)
        assert (await node.print_pdf("ada")).state is JobState.PRINTED
        assert (await node.print_pdf("ada")).reason_code == Reason.NOT_ENOUGH_CREDIT
        node.directory.put(schema.watermarks, site_name=SITE, epoch=1, seq=4, entry_hash="0" * 64)
        assert (await node.print_pdf("ada")).state is JobState.PRINTED


async def test_the_site_server_is_asked_when_headquarters_is_silent(tmp_path: Path) -> None:
    async with a_secondary(tmp_path) as node:
        node.user("ada", units(5))
        node.primary.is_silent = True
        node.site_server.link_state = LinkState.OFFLINE
        assert (await node.print_pdf("ada")).state is JobState.PRINTED
        assert node.site_server.asked == ["ada"]
        assert node.asking.decides is Authority.SITE_SERVER


async def test_the_rules_of_an_outage_apply_when_the_answering_site_server_is_cut_off(
    tmp_path: Path,
) -> None:
    async with a_secondary(tmp_path) as node:
        node.user("ada", units(5))
        node.policy('{"credit": "offline_ceiling", "offline_ceiling_micros": 1}')
        assert (await node.print_pdf("ada")).state is JobState.PRINTED
        node.primary.is_silent = True
        node.site_server.link_state = LinkState.OFFLINE
        assert (await node.print_pdf("ada")).reason_code == Reason.CEILING_REACHED


async def test_a_silent_node_is_asked_once_and_then_left_alone_for_a_while(
    tmp_path: Path,
) -> None:
    async with a_secondary(tmp_path) as node:
        node.user("ada", units(5))
        node.cut()
        for _ in range(3):
            await node.print_pdf("ada")
        assert node.primary.asked == [None, "ada"]
        assert node.asking.decides is Authority.PROVIDER_MODE
        node.heal()
        await node.print_pdf("ada")
        assert len(node.primary.asked) == 3


# Queues and printers


async def test_queues_and_printers_are_known_after_a_restart_in_which_nobody_answers(
    tmp_path: Path,
) -> None:
    async with a_secondary(tmp_path) as node:
        node.user("ada", units(5))
        await node.print_pdf("ada")
    async with a_secondary(tmp_path, silent=True) as node:
        assert [queue.name for queue in await node.services.ipp_jobs.queues()] == ["oslo-direct"]
        assert (await node.print_pdf("ada")).state is JobState.PRINTED
        assert node.asks.offline_log.look().records == 1


async def test_a_node_that_was_never_told_says_so_and_takes_nothing(tmp_path: Path) -> None:
    async with a_secondary(tmp_path, silent=True) as node:
        refused = await node.submit("ada")
        assert isinstance(refused, Refusal)
        assert refused.reason == Reason.NO_REPLICA
        assert not node.asks.hearsay.knows_itself


async def test_a_queue_that_holds_is_not_offered_where_there_is_no_panel(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with a_secondary(tmp_path) as node:
        refused = await node.submit("ada", HELD)
        assert isinstance(refused, Refusal)
        assert refused.reason == Cause.NO_SUCH_QUEUE
        assert f"not offered by a secondary: {HELD}" in caplog.text


async def test_new_queues_come_with_the_next_refresh(tmp_path: Path) -> None:
    async with a_secondary(tmp_path) as node:
        node.directory.put(
            schema.queues,
            queue_name="oslo-new",
            site_name=SITE,
            printer_name="oslo-1",
            hold_mode="none",
        )
        await node.tick()
        assert await node.services.ipp_jobs.queue("oslo-new") is None
        node.clock.advance(REFRESH_MS)
        await node.tick()
        assert await node.services.ipp_jobs.queue("oslo-new") is not None


async def test_the_offline_account_pays_here_too_for_what_nobody_proved_to_have_sent(
    tmp_path: Path,
) -> None:
    async with a_secondary(tmp_path) as node:
        node.user("ada", units(5))
        node.policy('{"unauthenticated": "charge_offline_account"}')
        node.directory.put(
            schema.accounts,
            account_name="Offline Account",
            title="Offline",
            enabled=True,
            restricted=False,
        )
        node.directory.put(
            schema.queues,
            queue_name=DIRECT,
            site_name=SITE,
            printer_name=PRINTER,
            hold_mode="none",
            needs_proof=True,
        )
        node.clock.advance(REFRESH_MS)
        await node.tick()
        job = await node.print_pdf("ada")
        assert (job.state, job.payer) == (JobState.PRINTED, "account:Offline Account")


async def test_an_order_of_headquarters_arrives_with_what_the_node_is_told_of_itself(
    tmp_path: Path,
) -> None:
    async with a_secondary(tmp_path) as node:
        node.directory.put(
            schema.link_orders,
            site_name=SITE,
            number=1,
            order="force_started",
            given_wall_ms=node.clock.wall_ms(),
        )
        node.clock.advance(REFRESH_MS)
        await node.tick()
        assert node.link.state is LinkState.FORCED_OFFLINE
        assert node.asking.decides is Authority.SITE_SERVER
