"""Deltas at headquarters: made once, kept for a while, and never waited for."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chaos.live.waiting import until
from primary.service import deltas as service
from primary.service.deltas import Deltas
from primary.service.publish import Publisher, Subscription
from primary.testing import ScriptedSync
from replication.adapters.ltx_store import LtxStore
from replication.adapters.shadow import Shadow
from replication.messages import Head, PushedDelta
from replication.page_delta import read_delta
from tests.unit.replication.adapters.page_source import LINEAGE, PageSource
from tests.unit.replication.adapters.test_shadow import source_in, step


@pytest.fixture
def source(tmp_path: Path) -> Iterator[PageSource]:
    with source_in(tmp_path) as source:
        yield source


class SlowShadow(Shadow):
    """A shadow that follows only while it is let."""

    def __init__(self, path: Path, store: Path) -> None:
        super().__init__(path, store)
        self.may = threading.Event()
        self.may.set()

    def follow(self, txid: int) -> bytes | None:
        self.may.wait(10)
        return super().follow(txid)

    def follow_shortly(self, txid: int) -> bytes | None:
        return super().follow_shortly(txid) if self.may.is_set() else None


class Headquarters:
    """A publisher with its deltas over a directory made for the test."""

    def __init__(self, source: PageSource, folder: Path) -> None:
        self.source = source
        self.shadow = SlowShadow(folder / "shadow", source.root)
        self.deltas = Deltas(shadow=self.shadow, store=source.root)
        self.sync = ScriptedSync(txid=source.txid)
        self.publisher = Publisher(
            lineage=LINEAGE,
            store=LtxStore(source.root),
            litestream=self.sync,
            deltas=self.deltas,
        )

    def change(self, number: int) -> int:
        txid = step(self.source, f"UPDATE users SET balance = {number} WHERE rowid = 5")  # noqa: S608
        self.sync.txid = txid
        self.publisher.changed()
        return txid


@asynccontextmanager
async def publishing(hq: Headquarters) -> AsyncIterator[Subscription]:
    """A link that takes deltas and has heard the first head."""
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        running = group.create_task(hq.publisher.run())
        with hq.publisher.subscribe(takes_deltas=True) as news:
            first = await news.next()
            assert isinstance(first, Head)
            assert first.txid == 2
            try:
                yield news
            finally:
                hq.shadow.may.set()
                running.cancel()


@pytest.fixture
def hq(source: PageSource, tmp_path: Path) -> Headquarters:
    return Headquarters(source, tmp_path)


def span(news: Head | PushedDelta) -> tuple[int, int]:
    assert isinstance(news, PushedDelta)
    step = read_delta(news.data).step
    return step.base_txid, step.txid


async def test_a_link_that_takes_deltas_is_told_nothing_else(hq: Headquarters) -> None:
    async with publishing(hq) as news:
        for number in range(3, 6):
            hq.change(number)
            assert span(await news.next()) == (number - 1, number)


async def test_a_link_that_does_not_is_told_the_head_with_its_files(hq: Headquarters) -> None:
    async with publishing(hq) as news:
        with hq.publisher.subscribe() as plain:
            hq.change(3)
            await news.next()
            head = await plain.next()
    assert isinstance(head, Head)
    assert (head.txid, len(head.files)) == (3, 1)


async def test_deltas_that_a_link_has_not_taken_wait_for_it_in_order(hq: Headquarters) -> None:
    async with publishing(hq) as slow:
        with hq.publisher.subscribe(takes_deltas=True) as quick:
            for number in range(3, 6):
                hq.change(number)
                await quick.next()
        assert [span(await slow.next()) for _ in range(3)] == [(2, 3), (3, 4), (4, 5)]


def test_too_many_deltas_for_a_slow_link_become_the_head() -> None:
    news = Subscription(takes_deltas=True)
    large = PushedDelta(data=bytes(600_000))
    for txid in (3, 4, 5):
        news.offer(Head(lineage=LINEAGE, txid=txid), large)
    assert asyncio.run(news.next()) == Head(lineage=LINEAGE, txid=5)


async def test_a_head_goes_out_without_its_delta_while_the_shadow_is_late(
    hq: Headquarters, caplog: pytest.LogCaptureFixture
) -> None:
    async def is_there() -> bool:
        return hq.shadow.txid == 4

    async with publishing(hq) as news:
        hq.shadow.may.clear()
        hq.change(3)
        late = await news.next()
        assert isinstance(late, Head)
        assert (late.txid, len(late.files)) == (3, 1)
        hq.change(4)
        assert isinstance(await news.next(), Head)
        hq.shadow.may.set()
        await until(is_there, "the shadow", within_ms=5_000, every_ms=5)
        hq.change(5)
        assert span(await news.next()) == (4, 5)
    assert caplog.text == ""


async def test_a_site_that_is_a_few_steps_behind_gets_what_was_kept(hq: Headquarters) -> None:
    async with publishing(hq) as news:
        for number in range(3, 6):
            hq.change(number)
            await news.next()
        kept = await hq.publisher.deltas(3, 5)
        assert [read_delta(data).step.txid for data in kept] == [4, 5]
        assert await hq.publisher.deltas(3, 6) == ()
        assert await hq.publisher.deltas(5, 5) == ()
        assert await hq.publisher.deltas(0, 5) == ()


async def test_a_store_that_went_back_makes_everything_kept_forgotten(hq: Headquarters) -> None:
    async with publishing(hq) as news:
        for number in (3, 4):
            hq.change(number)
            await news.next()
        hq.sync.txid = 3
        hq.publisher.changed()
        back = await news.next()
        assert isinstance(back, Head)
        assert back.txid == 3
        for file in (hq.source.root / "ltx" / "0").iterdir():
            file.unlink()
        assert await hq.deltas.between(3, 4) == ()


async def test_a_site_that_was_away_gets_one_that_is_made_once(
    source: PageSource, tmp_path: Path
) -> None:
    for number in range(5):
        step(source, f"UPDATE users SET balance = {number} WHERE rowid = {number}")  # noqa: S608
    deltas = Deltas(shadow=Shadow(tmp_path / "shadow", source.root), store=source.root)
    (first,) = await deltas.between(2, 7)
    for file in (source.root / "ltx" / "0").iterdir():
        file.unlink()
    assert await deltas.between(2, 7) == (first,)
    assert await deltas.between(2, 6) == ()
    assert read_delta(first).step.base_txid == 2


async def test_only_the_newest_that_were_made_are_kept(source: PageSource, tmp_path: Path) -> None:
    for number in range(8):
        step(source, f"UPDATE users SET balance = {number} WHERE rowid = {number}")  # noqa: S608
    deltas = Deltas(shadow=Shadow(tmp_path / "shadow", source.root), store=source.root)
    for txid in range(3, 9):
        assert await deltas.between(2, txid)
    for file in (source.root / "ltx" / "0").iterdir():
        file.unlink()
    newest_first = [await deltas.between(2, txid) for txid in range(8, 2, -1)]
    assert [bool(each) for each in newest_first[: service.MADE_MAX]] == [True] * service.MADE_MAX
    assert not newest_first[-1]


async def test_a_long_queue_is_told_to_take_files(source: PageSource, tmp_path: Path) -> None:
    for number in range(30):
        step(source, f"UPDATE users SET balance = {number} WHERE rowid = {number}")  # noqa: S608
    deltas = Deltas(shadow=Shadow(tmp_path / "shadow", source.root), store=source.root)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        asked = [
            group.create_task(deltas.between(2, txid))
            for txid in range(3, 3 + service.WAITING_MAX + 5)
        ]
    answers = [task.result() for task in asked]
    assert all(answers[: service.WAITING_MAX])
    assert not any(answers[service.WAITING_MAX :])


async def test_a_store_that_leads_nowhere_is_told_once(
    hq: Headquarters, caplog: pytest.LogCaptureFixture
) -> None:
    async with publishing(hq) as news:
        for file in (hq.source.root / "ltx" / "0").iterdir():
            file.unlink()
        for txid in (4, 5):
            hq.sync.txid = txid
            hq.publisher.changed()
            assert isinstance(await news.next(), Head)
    told = [record for record in caplog.records if "whole LTX files" in record.message]
    assert len(told) == 1
