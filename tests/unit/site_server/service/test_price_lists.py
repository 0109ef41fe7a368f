"""What the site charges while price lists come, go, and cannot be read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from failure_modes.facts import CopyFacts
from failure_modes.pricing import PageCount
from failure_modes.vocabulary import Sides, WallMs
from replication.schema import directory as schema
from site_server.ipp.service_port import JobTicket, JobView
from site_server.service.charge_cards import ToldUse
from tests.unit.site_server.a_site import DEVICE, PRICE_MICROS, PRINTER, SITE, a_site, units

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.site_server.a_site import ASite

A3, A4 = "iso_a3_297x420mm", "iso_a4_210x297mm"
DAY_MS = 86_400_000


def price_list(site: ASite, version: int, valid_from_ms: int, *, a4: int, **more: object) -> None:
    """A list by which A3 costs twice as much as all other paper, and colour five times."""
    rate = {"mono_micros": a4, "colour_micros": 5 * a4}
    a3 = {name: 2 * micros for name, micros in rate.items()}
    tariff = {"model": "size_table", "other": rate, "sizes": {A3: a3}}
    raw = {
        "version": version,
        "valid_from_ms": valid_from_ms,
        "tariffs": {"office": tariff},
        "default": "office",
    }
    body = json.dumps(raw | more)
    digest = hashlib.sha256(body.encode()).hexdigest()
    site.replica.put(
        schema.price_lists,
        version=version,
        valid_from_ms=valid_from_ms,
        body=body,
        body_sha256=digest,
    )


async def cost_of(site: ASite, media: str | None = None) -> int:
    """What a job of two pages costs that is let go now."""
    view = await site.submit("ada", ticket=JobTicket(media=media))
    assert isinstance(view, JobView)
    await site.settle()
    await site.release(site.job(view.job_uuid))
    await site.settle()
    return site.job(view.job_uuid).cost_micros


async def test_a_job_costs_what_the_list_in_force_says_for_its_paper(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(50))
        now_ms = site.clock.wall_ms()
        assert await cost_of(site) == 2 * PRICE_MICROS
        price_list(site, 1, now_ms, a4=10)
        price_list(site, 2, now_ms + DAY_MS, a4=30)

        assert [await cost_of(site, media) for media in (A3, A4, None)] == [40, 20, 20]
        site.clock.advance(DAY_MS)
        assert await cost_of(site, A3) == 120
        status = site_status(site)
        assert status == (2, "")


async def test_a_job_that_names_no_paper_is_on_the_paper_that_the_policy_says(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(50))
        price_list(site, 1, 0, a4=10)
        site.policy("printer", PRINTER, {"default_paper_size": A3})

        assert [await cost_of(site, media) for media in (None, A4)] == [40, 20]


async def test_a_list_is_enough_of_a_price(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(50))
        site.replica.change(lambda c: c.execute(schema.prices.delete()))
        price_list(site, 1, 0, a4=10)

        assert await cost_of(site) == 20


async def test_a_list_of_a_newer_headquarters_leaves_the_simple_prices(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(50))
        price_list(site, 7, 0, a4=10, weather="sunny")

        assert await cost_of(site) == 2 * PRICE_MICROS
        version, problem = site_status(site)
        assert version == 7
        assert "'weather' is not known" in problem


async def test_the_price_of_a_past_moment_is_that_of_its_list(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        now_ms = site.clock.wall_ms()
        price_list(site, 1, now_ms, a4=10)
        price_list(site, 2, now_ms + DAY_MS, a4=30)
        at = [mono_at(site, now_ms + past) for past in (-1, 0, DAY_MS - 1, DAY_MS)]

    assert at == [PRICE_MICROS, 10, 10, 30]


async def test_copies_cost_what_the_paper_does_that_they_are_made_on(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(50))
        price_list(site, 1, 0, a4=10)
        session = await site.log_in("ada")
        start = site.services.copy_session.start
        asked = CopyFacts(pages=10, colour=True)
        small = (await start(session, asked)).copy
        large = (await start(session, replace(asked, paper_size=A3))).copy
        site.policy("site", SITE, {"default_paper_size": A3})
        unnamed = (await start(session, asked)).copy

        each = [(one.mono_each_micros, one.colour_each_micros) for one in (small, large, unnamed)]
        assert each == [(10, 50), (20, 100), (20, 100)]
        assert [one.reserved_micros for one in (small, large, unnamed)] == [500, 1_000, 1_000]
        finished = await site.services.copy_session.finish(
            session.session_id, DEVICE.device_name, large.copy_uuid, PageCount(mono=1, colour=1)
        )
        assert finished.cost_micros == 120


def mono_at(site: ASite, wall_ms: int) -> int:
    at_ms: WallMs = wall_ms  # type: ignore[assignment]
    with site.services.ground.directory.read() as snapshot:
        assert snapshot is not None
        view = snapshot.printer_view_at(PRINTER, at_ms)
    assert view is not None
    return view.price_on("").mono_simplex_micros


def site_status(site: ASite) -> tuple[int | None, str]:
    with site.services.ground.directory.read() as snapshot:
        assert snapshot is not None
        found = snapshot.price_list_at(site.clock.wall_ms())
    return (found.version, found.problem) if found else (None, "")


async def test_what_a_device_did_by_itself_costs_what_was_in_force_when_it_was_done(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        now_ms = site.clock.wall_ms()
        price_list(site, 1, now_ms - 2 * DAY_MS, a4=10)
        price_list(site, 2, now_ms - DAY_MS, a4=30)
        price_list(site, 3, now_ms + DAY_MS, a4=50)
        site.policy("global", "", {"default_paper_size": A3})
        site.user("ada", units(50))
        owner = site.services.panels.card_owner
        times = (now_ms - 3 * DAY_MS, now_ms - 2 * DAY_MS, now_ms, now_ms + 2 * DAY_MS)
        uses = [
            ToldUse(
                use_uuid=f"{number:08x}-0000-4000-8000-000000000000",
                card_hash=owner.hashed("card-of-ada"),
                used_wall_ms=WallMs(used_ms),
                pages=PageCount(mono=1, colour=0),
                sides=Sides.ONE_SIDED,
                paper_size=A4 if used_ms == now_ms else "",
            )
            for number, used_ms in enumerate(times)
        ]
        answers = await site.services.panels.charge_cards.take(DEVICE, uses)
        costs = [each.taken.cost_micros for each in answers if each.taken]
        assert costs == [PRICE_MICROS, 20, 30, 60]
