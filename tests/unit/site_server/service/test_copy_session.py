"""Copying: credit first, then paper, then the charge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from failure_modes.facts import CopyFacts
from failure_modes.pricing import PageCount
from failure_modes.vocabulary import Reason
from replication.entry_bodies import CopyFinished, CopyStarted
from replication.schema import directory as schema
from site_server.causes import Cause
from site_server.config import Limits, Times
from site_server.errors import RefusedError
from tests.unit.site_server.a_site import DEVICE, PRICE_MICROS, a_site, units

if TYPE_CHECKING:
    from pathlib import Path

TEN_PAGES = CopyFacts(pages=10, colour=False)


async def test_a_copy_session_reserves_then_charges_what_was_counted(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        session = await site.log_in("ada")
        copy = (await site.services.copy_session.start(session, TEN_PAGES)).copy
        assert site.money("ada").reserved_micros == 10 * PRICE_MICROS
        finished = await site.services.copy_session.finish(
            session.session_id, DEVICE.device_name, copy.copy_uuid, PageCount(mono=3, colour=1)
        )
        assert finished.cost_micros == 3 * PRICE_MICROS + 4 * PRICE_MICROS
        assert site.money("ada").reserved_micros == 0
        assert site.money("ada").effective_micros == units(5) - 7 * PRICE_MICROS
        started, ended = site.facts()
        assert isinstance(started, CopyStarted)
        assert isinstance(ended, CopyFinished)
        assert (ended.mono_pages, ended.colour_pages) == (3, 1)


async def test_more_pages_than_asked_are_charged_as_counted(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", 10 * PRICE_MICROS)
        session = await site.log_in("ada")
        copy = (await site.services.copy_session.start(session, TEN_PAGES)).copy
        await site.services.copy_session.finish(
            session.session_id, DEVICE.device_name, copy.copy_uuid, PageCount(mono=14, colour=0)
        )
        assert site.money("ada").effective_micros == -4 * PRICE_MICROS


async def test_without_credit_nobody_copies_and_nothing_is_journaled(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", 10 * PRICE_MICROS - 1)
        session = await site.log_in("ada")
        with pytest.raises(RefusedError) as refused:
            await site.services.copy_session.start(session, TEN_PAGES)
        assert refused.value.reason == Reason.NOT_ENOUGH_CREDIT
        assert "0.50 EUR" in refused.value.detail
        assert site.kinds() == []


async def test_credit_set_aside_for_copies_cannot_be_printed_away(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", 10 * PRICE_MICROS)
        job = await site.print_pdf("ada")
        session = await site.log_in("ada")
        await site.services.copy_session.start(session, TEN_PAGES)
        with pytest.raises(RefusedError) as refused:
            await site.release(job)
        assert refused.value.reason == Reason.NOT_ENOUGH_CREDIT


async def test_the_same_report_again_changes_nothing_and_another_is_refused(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        session = await site.log_in("ada")
        copy = (await site.services.copy_session.start(session, TEN_PAGES)).copy
        name, pages = (
            (session.session_id, DEVICE.device_name, copy.copy_uuid),
            PageCount(mono=3, colour=0),
        )
        first = await site.services.copy_session.finish(*name, pages)
        assert await site.services.copy_session.finish(*name, pages) == first
        with pytest.raises(RefusedError) as refused:
            await site.services.copy_session.finish(*name, PageCount(mono=4, colour=0))
        assert refused.value.reason == Cause.COPY_IS_DONE
        assert site.kinds() == ["copy_started", "copy_finished"]


async def test_the_price_is_that_of_the_start_also_when_the_printer_is_gone(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        session = await site.log_in("ada")
        copy = (await site.services.copy_session.start(session, TEN_PAGES)).copy
        site.replica.change(lambda c: c.execute(schema.prices.delete()))
        site.replica.change(lambda c: c.execute(schema.printers.delete()))
        finished = await site.services.copy_session.finish(
            session.session_id, DEVICE.device_name, copy.copy_uuid, PageCount(mono=2, colour=0)
        )
        assert finished.cost_micros == 2 * PRICE_MICROS


async def test_who_logs_out_or_is_restarted_away_still_pays(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        session = await site.log_in("ada")
        copy = (await site.services.copy_session.start(session, TEN_PAGES)).copy
        await site.services.log_in.log_out(session)
    async with a_site(tmp_path) as site:
        assert site.money("ada").reserved_micros == 10 * PRICE_MICROS
        await site.services.copy_session.finish(
            session.session_id, DEVICE.device_name, copy.copy_uuid, PageCount(mono=2, colour=0)
        )
        assert site.money("ada").effective_micros == units(5) - 2 * PRICE_MICROS


async def test_another_device_cannot_report(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        session = await site.log_in("ada")
        copy = (await site.services.copy_session.start(session, TEN_PAGES)).copy
        with pytest.raises(RefusedError) as refused:
            await site.services.copy_session.finish(
                session.session_id, "panel-2", copy.copy_uuid, PageCount(mono=0, colour=0)
            )
        assert refused.value.reason == Cause.NO_SUCH_COPY


async def test_a_copy_session_that_nobody_reports_gives_its_credit_back(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        session = await site.log_in("ada")
        await site.services.copy_session.start(session, TEN_PAGES)
        site.clock.advance(Times().copy_open_ms)
        await site.services.expire.once()
        assert site.money("ada").effective_micros == units(5)
        assert site.kinds() == ["copy_started", "copy_finished"]


async def test_at_the_bound_of_copy_sessions_the_next_one_is_refused(tmp_path: Path) -> None:
    async with a_site(tmp_path, limits=Limits(copies_per_session_max=1)) as site:
        site.user("ada", units(5))
        session = await site.log_in("ada")
        await site.services.copy_session.start(session, TEN_PAGES)
        with pytest.raises(RefusedError) as refused:
            await site.services.copy_session.start(session, TEN_PAGES)
        assert refused.value.reason == Cause.TOO_MANY_COPIES_OPEN


async def test_where_only_black_is_allowed_pages_counted_as_colour_cost_what_black_ones_do(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        site.policy("site", "oslo", {"conversions": [{"kind": "force_mono", "scope": "all"}]})
        site.user("ada", units(5))
        session = await site.log_in("ada")
        in_colour = CopyFacts(pages=10, colour=True)
        copy = (await site.services.copy_session.start(session, in_colour)).copy
        finished = await site.services.copy_session.finish(
            session.session_id, DEVICE.device_name, copy.copy_uuid, PageCount(mono=1, colour=9)
        )
        assert finished.cost_micros == 10 * PRICE_MICROS == copy.reserved_micros
        assert (finished.mono_pages, finished.colour_pages) == (1, 9)
