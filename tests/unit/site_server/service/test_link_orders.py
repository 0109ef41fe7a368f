"""Orders about the link: obeyed once, and remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pytest

from failure_modes.vocabulary import LinkEvent, LinkState
from replication.errors import StorageFullError
from replication.schema import directory as schema
from site_server.errors import RefusedError
from site_server.ports import LinkStanding
from site_server.service.link_orders import DRILL_ORDER_AGE_MAX_MS
from tests.unit.site_server.a_site import SITE, FillingStore, a_site

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from site_server.service.drill_report import DrillReport
    from site_server.store.unit_of_work import UnitOfWork
    from tests.unit.site_server.a_site import ASite

T = TypeVar("T")
START, STOP = LinkEvent.DRILL_STARTED, LinkEvent.DRILL_ENDED
FORCE, FREE = LinkEvent.FORCE_STARTED, LinkEvent.FORCE_ENDED


async def order(site: ASite, event: LinkEvent) -> LinkState:
    return (await site.services.link_orders.give(event)).link_state


def headquarters_orders(site: ASite, event: LinkEvent, number: int) -> None:
    site.replica.put(
        schema.link_orders,
        site_name=SITE,
        number=number,
        order=event.value,
        given_wall_ms=site.clock.wall_ms(),
    )


def remembered(site: ASite) -> LinkStanding | None:
    with site.store.read() as view:
        return view.link_memory.get()


async def last(site: ASite) -> DrillReport:
    report = (await site.services.link_orders.reports()).last
    assert report is not None
    return report


async def test_a_drill_begins_and_ends_and_the_same_order_again_changes_nothing(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        orders = site.services.link_orders
        assert (await orders.give(START)).changed
        assert (site.link.state, site.services.drill.number) == (LinkState.DRILL, 1)
        assert not (await orders.give(START)).changed
        assert site.services.drill.number == 1
        assert await order(site, STOP) is LinkState.OFFLINE
        assert not site.services.drill.is_on
        assert not (await orders.give(STOP)).changed


async def test_a_drill_inside_a_forced_cut_is_refused_and_a_forced_cut_ends_a_drill(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        await order(site, START)
        assert await order(site, FORCE) is LinkState.FORCED_OFFLINE
        assert (await last(site)).ended_wall_ms is not None
        with pytest.raises(RefusedError, match="cut off by force") as error:
            await order(site, START)
        assert "force-offline off" in error.value.advice
        assert site.link.state is LinkState.FORCED_OFFLINE
        assert await order(site, FREE) is LinkState.OFFLINE


async def test_what_was_ordered_is_remembered_with_the_age_of_the_outage(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        began_ms = site.clock.wall_ms()
        await order(site, START)
        assert remembered(site) == LinkStanding(
            ordered=LinkState.DRILL, offline_since_ms=began_ms, order_number=0
        )
        await order(site, STOP)
        assert remembered(site) == LinkStanding(offline_since_ms=began_ms)
        site.link.state, site.link.offline_since_ms = LinkState.ONLINE, None
        site.link.tell()
        await site.settle()
        assert remembered(site) == LinkStanding()


async def test_nothing_is_written_while_nothing_changes(tmp_path: Path) -> None:
    class CountingStore(FillingStore):
        writes = 0

        async def write(self, work: Callable[[UnitOfWork], T]) -> T:
            type(self).writes += 1
            return await super().write(work)

    async with a_site(tmp_path, make_store=CountingStore) as site:
        await site.settle_reading()
        before = CountingStore.writes
        for _ in range(3):
            await site.services.link_orders.remember()
            await site.services.link_orders.obey_headquarters()
        assert before == CountingStore.writes


async def test_an_order_that_cannot_be_written_is_not_given(tmp_path: Path) -> None:
    async with a_site(tmp_path, make_store=FillingStore) as site:
        assert isinstance(site.store, FillingStore)
        site.store.is_full = True
        with pytest.raises(StorageFullError):
            await order(site, START)
        assert (site.link.state, site.services.drill.is_on) == (LinkState.ONLINE, False)
        site.store.is_full = False
        await order(site, START)
        site.store.is_full = True
        with pytest.raises(StorageFullError):
            await order(site, STOP)
        assert (site.link.state, site.services.drill.is_on) == (LinkState.DRILL, True)
        site.store.is_full = False


async def test_headquarters_is_obeyed_once_however_often_its_order_comes(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        headquarters_orders(site, START, 7)
        site.link.tell()
        await site.settle()
        assert (site.link.state, site.link.order_number) == (LinkState.DRILL, 7)
        await order(site, STOP)  # somebody at the site has had enough of it
        await site.services.link_orders.obey_headquarters()
        headquarters_orders(site, START, 6)  # an old directory came back
        await site.services.link_orders.obey_headquarters()
        assert not site.services.drill.is_on
        headquarters_orders(site, START, 8)
        await site.services.link_orders.obey_headquarters()
        assert site.services.drill.is_on
        standing = remembered(site)
        assert standing is not None
        assert standing.order_number == 8


async def test_what_headquarters_cannot_order_is_passed_over_and_asked_no_more(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with a_site(tmp_path) as site:
        await order(site, FORCE)
        headquarters_orders(site, START, 7)
        for _ in range(3):
            await site.services.link_orders.obey_headquarters()
        assert site.link.state is LinkState.FORCED_OFFLINE
        standing = remembered(site)
        assert standing is not None
        assert standing.order_number == 7
        assert caplog.text.count("passed over") == 1
        headquarters_orders(site, LinkEvent.GOOD_BEAT, 8)  # no order at all
        await site.services.link_orders.obey_headquarters()
        site.replica.ready = False
        await site.services.link_orders.obey_headquarters()
        assert site.link.order_number == 7


async def test_a_drill_that_was_ordered_during_a_long_cut_does_not_begin_after_it(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        for number, (event, state) in enumerate(
            ((START, LinkState.ONLINE), (FORCE, LinkState.FORCED_OFFLINE)), start=1
        ):
            headquarters_orders(site, event, number)
            late_ms = site.clock.wall_ms() + DRILL_ORDER_AGE_MAX_MS + 1
            site.replica.change(
                lambda connection, late_ms=late_ms: connection.execute(  # type: ignore[misc]
                    schema.heartbeat.update().values(wall_ms=late_ms)
                )
            )
            await site.services.link_orders.obey_headquarters()
            assert (site.link.state, site.link.order_number) == (state, number)


async def test_a_disk_that_was_full_delays_an_order_and_loses_none(tmp_path: Path) -> None:
    async with a_site(tmp_path, make_store=FillingStore) as site:
        assert isinstance(site.store, FillingStore)
        await site.settle()
        site.store.is_full = True
        headquarters_orders(site, START, 7)
        site.link.tell()
        await site.settle_reading()
        assert site.link.state is LinkState.ONLINE
        site.store.is_full = False
        site.pause.go_on.set()
        await site.settle()
        assert site.services.drill.is_on
