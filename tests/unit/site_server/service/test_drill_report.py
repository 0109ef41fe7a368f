"""What a drill showed: its report, while it is on and when it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from failure_modes.vocabulary import LinkEvent, LinkState
from replication.errors import StorageFullError
from replication.schema import directory as schema
from site_server.errors import RefusedError
from tests.unit.site_server.a_site import DEVICE, PRICE_MICROS, SITE, FillingStore, a_site, units

if TYPE_CHECKING:
    from pathlib import Path

    from site_server.service.drill_report import DrillReport
    from tests.unit.site_server.a_site import ASite

START, STOP = LinkEvent.DRILL_STARTED, LinkEvent.DRILL_ENDED


async def order(site: ASite, event: LinkEvent) -> LinkState:
    return (await site.services.link_orders.give(event)).link_state


async def last(site: ASite) -> DrillReport:
    report = (await site.services.link_orders.reports()).last
    assert report is not None
    return report


async def test_the_report_tells_what_the_drill_refused_from_what_is_refused_on_any_day(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        rules = {"credit": "offline_ceiling", "offline_ceiling_micros": PRICE_MICROS}
        site.policy("site", SITE, rules)
        site.user("ada", units(5))
        site.user("alan", 0)
        jobs = [await site.print_pdf("ada"), await site.print_pdf("alan")]
        await order(site, START)
        await site.log_in("ada")
        with pytest.raises(RefusedError):
            await site.services.log_in.log_in(DEVICE, "no card of anybody")
        for job in jobs:
            for _ in range(2):
                with pytest.raises(RefusedError):
                    await site.release(job)
        site.replica.put(
            schema.policies, layer="site", scope=SITE, version=2, body='{"version": 2}'
        )
        await site.release(jobs[0])
        await site.print_pdf("ada")
        site.clock.advance(90_000)

        report = await last(site)

        assert (report.number, report.ended_wall_ms, report.lasted_ms) == (1, None, 90_000)
        counted = {name: amount for name, amount in report.counts.items() if amount}
        assert counted == {
            "logins_accepted": 1,
            "logins_refused": 1,
            "jobs_taken": 1,
            "jobs_released": 1,
            "releases_refused": 4,
            "pages_released": 2,
            "released_micros": 2 * PRICE_MICROS,
        }
        assert [
            (each.reason, each.because_of_drill, each.times, each.people)
            for each in report.refusals
        ] == [
            ("ceiling_reached", True, 2, 1),
            ("not_enough_credit", False, 2, 1),
            ("unknown_card", False, 1, 0),
        ]
        said = "\n".join(report.lines("EUR"))
        assert "has been on for 1 min 30 s." in said
        assert "Jobs released: 1 with 2 pages for 0.10 EUR, refused: 4." in said
        assert "Refused because of the drill: 2.\n  ceiling_reached: 2 times, 1 person." in said


async def test_a_report_that_has_ended_stays_and_names_nobody(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        for number in range(1, 23):
            await order(site, START)
            with pytest.raises(RefusedError):
                await site.services.log_in.log_in(DEVICE, f"no card {number}")
            site.clock.advance(1_000)
            await order(site, STOP)
            site.link.state, site.link.offline_since_ms = LinkState.ONLINE, None
        reports = await site.services.link_orders.reports()
        assert reports.on is None
        assert [each.number for each in reports.ended] == list(range(22, 2, -1))
        assert all(each.counts["logins_refused"] == 1 for each in reports.ended)
        assert reports.ended[0].lasted_ms == 1_000
        with site.store.read() as view:
            assert view.drills.refusals(22) == ()


async def test_a_drill_goes_on_after_a_restart_with_what_it_had_counted(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        await order(site, START)
        await site.log_in("ada")
        await site.settle()
    async with a_site(tmp_path) as site:
        site.link.state = LinkState.DRILL  # as the link's own memory has it
        site.services.link_orders.start()
        await site.log_in("ada")
        await order(site, STOP)
        report = await last(site)
        assert (report.number, report.counts["logins_accepted"]) == (1, 2)


async def test_who_was_logged_in_before_the_drill_is_counted_apart(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        job = await site.print_pdf("ada")
        session = await site.log_in("ada")
        await order(site, START)
        site.services.list_jobs.list(session)  # a look is no decision
        link = site.services.decider.link_of(session)
        await site.services.release_job.release(
            job.job_uuid, "ada", session.printer_name, link=link
        )
        report = await last(site)
        assert report.counts["by_earlier_rules"] == 1
        assert report.counts["jobs_released"] == 0


async def test_a_site_without_a_drill_says_so(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        reports = await site.services.link_orders.reports()
        assert (reports.on, reports.ended, reports.last) == (None, (), None)


async def test_counters_that_cannot_be_written_are_kept_for_the_next_time(tmp_path: Path) -> None:
    async with a_site(tmp_path, make_store=FillingStore) as site:
        assert isinstance(site.store, FillingStore)
        site.user("ada", units(5))
        await order(site, START)
        await site.log_in("ada")
        await site.settle()
        with pytest.raises(RefusedError):
            await site.services.log_in.log_in(DEVICE, "no card")
        site.store.is_full = True
        with pytest.raises(StorageFullError):
            await site.services.drill.flush()
        site.store.is_full = False
        counts = (await last(site)).counts
        assert (counts["logins_accepted"], counts["logins_refused"]) == (1, 1)
