"""What the rules make of a job is what is stored, sent and charged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from failure_modes.facts import CopyFacts
from failure_modes.job_lifecycle import JobState
from failure_modes.pricing import PageCount
from replication.entry_bodies import JobPrinted
from site_server.ipp.service_port import JobView
from site_server.ports import Counted, Fate, Outcome
from tests.unit.site_server.a_site import DEVICE, PRICE_MICROS, PRINTER, a_site, units

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.site_server.a_site import ASite

DUPLEX_MICROS: Final = PRICE_MICROS * 8 // 10
"""One mono impression, two-sided."""
LONG_EDGE: Final = "two-sided-long-edge"


def convert_all(site: ASite) -> None:
    kinds = ("force_mono", "force_duplex")
    site.policy("global", "", {"conversions": [{"kind": kind} for kind in kinds]})
    site.user("ada", units(5))
    site.counter.counted = Counted(pages=PageCount(mono=1, colour=3))


async def test_a_job_goes_out_black_and_two_sided_and_is_charged_so(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        convert_all(site)
        job = await site.print_pdf("ada")
        assert (job.sides, job.colour_mode) == ("one-sided", "auto")
        await site.release(job)
        await site.settle()
        ticket = site.printer.orders[0].ticket
        assert (ticket.sides, ticket.colour_mode) == (LONG_EDGE, "monochrome")
        printed = site.facts()[-1]
        assert isinstance(printed, JobPrinted)
        assert (printed.mono_pages, printed.colour_pages) == (4, 0)
        assert printed.cost_micros == 4 * DUPLEX_MICROS
        assert site.money("ada").effective_micros == units(5) - 4 * DUPLEX_MICROS


async def test_the_released_row_says_how_the_job_is_printed_and_how_it_was_wanted(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        convert_all(site)
        site.printer.gate.clear()
        job = await site.print_pdf("ada")
        await site.release(job)
        await site.settle()
        stored = site.job(job.job_uuid)
        assert stored.state is JobState.RELEASING
        assert (stored.printed_sides, stored.printed_colour_mode) == (LONG_EDGE, "monochrome")
        assert (stored.sides, stored.colour_mode) == ("one-sided", "auto")
        assert site.money("ada").reserved_micros == 4 * DUPLEX_MICROS
        view = await site.services.ipp_jobs.job(job.job_number)
        assert isinstance(view, JobView)
        assert view.ticket.sides == LONG_EDGE


async def test_a_job_that_came_back_is_printed_as_wanted_once_the_rule_is_gone(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        convert_all(site)
        site.printer.outcomes = [Outcome(fate=Fate.NOT_PRINTED, detail="paper jam")]
        job = await site.print_pdf("ada")
        await site.release(job)
        await site.settle()
        assert site.job(job.job_uuid).printed_sides is None
        site.policy("global", "", {})
        await site.release(job)
        await site.settle()
        ticket = site.printer.orders[1].ticket
        assert (ticket.sides, ticket.colour_mode) == ("one-sided", "auto")
        assert site.job(job.job_uuid).cost_micros == PRICE_MICROS + 3 * 4 * PRICE_MICROS


async def test_a_conversion_for_a_group_leaves_others_alone(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        rule = {"kind": "force_duplex", "groups": ["pupils"]}
        site.policy("printer", PRINTER, {"conversions": [rule]})
        for user_name in ("ada", "grace"):
            site.user(user_name, units(5))
        site.member("ada", "pupils")
        for user_name in ("ada", "grace"):
            await site.release(await site.print_pdf(user_name))
        await site.settle()
        assert [order.ticket.sides for order in site.printer.orders] == [LONG_EDGE, "one-sided"]


async def test_copies_are_charged_on_the_sides_that_the_rules_ask_for(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        convert_all(site)
        session = await site.log_in("ada")
        started = await site.services.copy_session.start(session, CopyFacts(pages=10, colour=False))
        assert site.money("ada").reserved_micros == 10 * DUPLEX_MICROS
        finished = await site.services.copy_session.finish(
            session.session_id,
            DEVICE.device_name,
            started.copy.copy_uuid,
            PageCount(mono=2, colour=0),
        )
        assert (finished.sides, finished.cost_micros) == (LONG_EDGE, 2 * DUPLEX_MICROS)
