"""The directory on its way down: always towards the newest head, by the cheapest source."""

from __future__ import annotations

import asyncio

import pytest

from replication.adapters.applier_process import ApplierError
from replication.adapters.downloads import LinkDownError
from replication.adapters.ltx_fetch import NotThereError
from replication.errors import StorageFullError
from replication.messages import Head
from replication.position import Position
from tests.unit.site_server.service.following import (
    LINEAGE,
    OTHER,
    Store,
    at,
    entry,
    files,
    following,
    running,
    welcome,
)


async def test_a_new_site_asks_for_everything() -> None:
    store = Store(txid=5)
    follow = following(store)
    async with running(follow):
        await follow.up(welcome(5))
        await follow.wait_for(5)
    assert store.story == ["list after 0", "pull 1,2,3,4,5", "apply 5"]
    assert (follow.done, follow.wanted, follow.position) == (5, 5, at(5))


async def test_a_site_that_was_away_asks_for_what_it_lacks() -> None:
    store = Store(txid=9, position=at(7))
    follow = following(store)
    async with running(follow):
        await follow.up(welcome(9))
        await follow.wait_for(9)
    assert store.story == ["list after 7", "pull 8,9", "apply 9"]


async def test_a_head_that_names_its_file_needs_no_list() -> None:
    store = Store(txid=7, position=at(7))
    follow = following(store)
    async with running(follow):
        await follow.up(welcome(7))
        await follow.heard(Head(lineage=LINEAGE, txid=8, files=files(8)))
        await follow.wait_for(8)
        await follow.heard(Head(lineage=LINEAGE, txid=9, files=files(9)))
        await follow.wait_for(9)
    assert store.story == ["pull 8", "apply 8", "pull 9", "apply 9"]


async def test_heads_that_came_while_one_was_applied_are_taken_together() -> None:
    store = Store(txid=7, position=at(7))
    follow = following(store)
    await follow.up(welcome(7))
    for txid in (8, 9, 10):
        await follow.heard(Head(lineage=LINEAGE, txid=txid, files=files(txid)))
    async with running(follow):
        await follow.wait_for(10)
    assert store.story == ["pull 8,9,10", "apply 10"]


async def test_a_head_that_does_not_lead_from_here_makes_the_site_ask() -> None:
    store = Store(txid=9, position=at(3))
    follow = following(store)
    async with running(follow):
        await follow.up(welcome(8))
        await follow.heard(Head(lineage=LINEAGE, txid=9, files=files(9)))
        await follow.wait_for(9)
    assert "list after 3" in store.story


async def test_files_that_were_compacted_away_are_listed_again_in_the_same_round() -> None:
    store = Store(txid=9, position=at(7))
    store.errors["pull"] = [NotThereError(), NotThereError()]
    follow = following(store)
    async with running(follow):
        await follow.up(welcome(9))
        await follow.heard(Head(lineage=LINEAGE, txid=9, files=files(8, 9)))
        await follow.wait_for(9)
    pulls = [step for step in store.story if not step.startswith("apply")]
    assert pulls[-2:] == ["list after 0", "pull 1,2,3,4,5,6,7,8,9"]


async def test_a_damaged_file_is_dropped_and_fetched_anew() -> None:
    store = Store(txid=8, position=at(7))
    follow = following(store)
    async with running(follow):
        await asyncio.sleep(0)
        await follow.up(welcome(7))
        store.refused = [str(entry(8).name)]
        await follow.heard(Head(lineage=LINEAGE, txid=8, files=files(8)))
        await follow.wait_for(8)
    assert store.story[1:] == [
        *("pull 8", "apply 8", f"drop {entry(8).name}"),
        *("list after 7", "pull 8", "apply 8"),
    ]


async def test_another_lineage_starts_from_nothing() -> None:
    store = Store(txid=2, position=at(7))
    store.lineage = OTHER
    follow = following(store)
    async with running(follow):
        await follow.up(welcome(2, OTHER))
        await follow.wait_for(2)
    assert follow.position == Position(lineage=OTHER, txid=2)
    assert store.story == ["list after 0", "pull 1,2", "apply 2"]


async def test_a_store_that_went_back_is_told_and_the_replica_never_goes_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = Store(txid=3, position=at(7))
    follow = following(store)
    async with running(follow):
        await follow.up(welcome(3))
        await asyncio.sleep(0)
    assert "restore --here" in caplog.text
    assert follow.set_back
    assert follow.position == at(7)


async def test_before_any_link_what_the_mirror_holds_is_applied() -> None:
    store = Store()
    follow = following(store, mirror_lineage=LINEAGE)
    async with running(follow):
        await asyncio.sleep(0)
        assert store.story == ["apply None"]
    fresh = Store()
    async with running(following(fresh)):
        await asyncio.sleep(0)
    assert fresh.story == []


async def test_a_mirror_with_a_hole_does_not_keep_the_site_from_its_primary() -> None:
    store = Store(txid=3)
    store.errors["apply"] = [ApplierError("a hole", "GapError")] * 3
    follow = following(store, mirror_lineage=OTHER)
    async with running(follow):
        await asyncio.sleep(0)
        assert store.story == ["apply None"]
        store.errors.clear()
        await follow.up(welcome(3))
        await follow.wait_for(3)
        await asyncio.sleep(0)
    assert store.story == ["apply None", "list after 0", "pull 1,2,3", "apply 3"]


@pytest.mark.parametrize(
    "error",
    [StorageFullError(), LinkDownError(), ApplierError("damaged", "x"), OSError("disk")],
    ids=lambda error: type(error).__name__,
)
async def test_what_went_wrong_is_tried_again_and_told_once(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store(txid=8, position=at(7))
    store.errors["pull"] = [error]
    follow = following(store)
    async with running(follow):
        await follow.up(welcome(7))
        await follow.heard(Head(lineage=LINEAGE, txid=8, files=files(8)))
        await store.failed.wait()
        assert follow.done == 7
        await follow.heard(Head(lineage=LINEAGE, txid=8, files=[]))
        await follow.wait_for(8)
    told = [record for record in caplog.records if "does not follow" in record.message]
    assert len(told) == (0 if isinstance(error, LinkDownError) else 1)


async def test_without_a_link_nothing_is_fetched_although_the_site_is_behind() -> None:
    store = Store(txid=9, position=at(7))
    follow = following(store)
    await follow.up(welcome(9))
    follow.down()
    async with running(follow):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert store.story == ["apply None"]


async def test_a_mirror_that_grew_heavy_gets_a_new_base_at_most_once_an_hour() -> None:
    store = Store(txid=7, position=at(7))
    store.overweight = True
    follow = following(store)
    async with running(follow):
        await follow.up(welcome(7))
        for txid in (8, 9):
            store.txid = txid
            await follow.heard(Head(lineage=LINEAGE, txid=txid, files=files(txid)))
            await follow.wait_for(txid)
            await asyncio.sleep(0)
    assert store.story.count("list after 0") == 1


async def test_other_news_and_a_primary_that_knows_no_txid_yet_change_nothing() -> None:
    store = Store()
    follow = following(store)
    async with running(follow):
        await follow.up(welcome(0))
        await follow.heard(welcome(5))
        await asyncio.sleep(0)
    assert store.story == []
    assert (follow.head_txid, follow.wanted, follow.done) == (0, 1, 0)
