"""Page deltas at a site: the short way while it leads on, and LTX files wherever it does not."""

from __future__ import annotations

import pytest

from replication.adapters.applier_process import ApplierError
from replication.adapters.downloads import LinkDownError
from replication.messages import Head, PushedDelta
from replication.page_delta import BadDeltaError
from tests.unit.site_server.service.following import (
    LINEAGE,
    Store,
    at,
    delta,
    files,
    following,
    running,
    welcome,
)


def pushed(base_txid: int, txid: int) -> PushedDelta:
    return PushedDelta(data=delta(base_txid, txid))


async def test_a_delta_that_was_pushed_is_applied_and_nothing_is_fetched() -> None:
    store = Store(txid=7, position=at(7))
    follow = following(store)
    async with running(follow):
        await follow.up(welcome(7))
        await follow.heard(pushed(7, 8))
        await follow.wait_for(8)
        await follow.heard(pushed(8, 11))
        await follow.wait_for(11)
    assert store.story[:3] == ["delta 7 to 8", "adopt 8-8", "delta 8 to 11"]
    assert not {"list", "pull"} & {step.split()[0] for step in store.story}
    assert (follow.position, follow.head_txid, follow.deltas.applied) == (at(11), 11, 2)


async def test_deltas_that_came_during_an_absence_of_the_replica_are_applied_in_order() -> None:
    store = Store(txid=7, position=at(7))
    follow = following(store)
    await follow.up(welcome(7))
    for txid in (8, 9, 10):
        await follow.heard(pushed(txid - 1, txid))
    async with running(follow):
        await follow.wait_for(10)
    assert [step for step in store.story if step.startswith("delta")] == [
        "delta 7 to 8",
        "delta 8 to 9",
        "delta 9 to 10",
    ]


async def test_deltas_that_are_not_applied_yet_count_as_bytes_behind() -> None:
    store = Store(txid=7, position=at(7))
    follow = following(store)
    await follow.up(welcome(7))
    for txid in (8, 9):
        await follow.heard(pushed(txid - 1, txid))
    first, second = (len(pushed(txid - 1, txid).data) for txid in (8, 9))
    assert follow.deltas.waiting_bytes(7) == first + second
    assert follow.deltas.waiting_bytes(8) == second
    async with running(follow):
        await follow.wait_for(9)
    assert follow.deltas.waiting_bytes(9) == 0


async def test_a_site_that_was_away_fetches_one_delta_and_goes_on_with_what_was_pushed() -> None:
    store = Store(txid=90, position=at(7))
    store.makes_deltas = True
    follow = following(store)
    await follow.up(welcome(90))
    async with running(follow):
        await follow.wait_for(90)
        await follow.heard(pushed(90, 91))
        await follow.wait_for(91)
    assert store.story[:3] == ["fetch 7 to 90", "delta 7 to 90", "adopt 8-90"]
    assert store.story[3] == "delta 90 to 91"


@pytest.mark.parametrize("error", [LinkDownError(), BadDeltaError()])
async def test_a_delta_that_cannot_be_fetched_leaves_the_files(error: Exception) -> None:
    store = Store(txid=9, position=at(7))
    store.errors["deltas"] = [error]
    follow = following(store)
    async with running(follow):
        await follow.up(welcome(9))
        await follow.wait_for(9)
    assert store.story == ["list after 7", "pull 8,9", "apply 9"]


async def test_a_delta_that_is_refused_is_told_once_and_taken_as_files(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = Store(txid=8, position=at(7))
    store.errors["delta"] = [BadDeltaError(), BadDeltaError()]
    follow = following(store)
    async with running(follow):
        await follow.up(welcome(7))
        await follow.heard(pushed(7, 8))
        await follow.wait_for(8)
        store.txid = 9
        await follow.heard(pushed(8, 9))
        await follow.wait_for(9)
        await follow.heard(pushed(9, 10))
        await follow.wait_for(10)
    assert store.story[:9] == [
        *("delta 7 to 8", "list after 7", "pull 8", "apply 8"),
        *("delta 8 to 9", "list after 8", "pull 9", "apply 9"),
        "delta 9 to 10",
    ]
    told = [record for record in caplog.records if "delta is refused" in record.message]
    assert len(told) == 1
    assert (follow.deltas.refused, follow.deltas.applied) == (2, 1)


async def test_a_delta_that_cannot_be_read_makes_the_site_ask_what_is_new() -> None:
    store = Store(txid=8, position=at(7))
    follow = following(store)
    async with running(follow):
        await follow.up(welcome(7))
        await follow.heard(PushedDelta(data=b"noise"))
        await follow.wait_for(8)
    assert store.story == ["list after 7", "pull 8", "apply 8"]


async def test_a_delta_from_elsewhere_is_not_tried() -> None:
    store = Store(txid=12, position=at(7))
    follow = following(store)
    async with running(follow):
        await follow.up(welcome(7))
        await follow.heard(pushed(9, 12))
        await follow.wait_for(12)
    assert store.story == ["list after 7", "pull 8,9,10,11,12", "apply 12"]


async def test_files_that_a_head_names_come_before_asking_for_a_delta() -> None:
    store = Store(txid=8, position=at(7))
    store.makes_deltas = True
    follow = following(store)
    async with running(follow):
        await follow.up(welcome(7))
        await follow.heard(Head(lineage=LINEAGE, txid=8, files=files(8)))
        await follow.wait_for(8)
    assert store.story == ["pull 8", "apply 8"]


async def test_large_files_that_a_head_names_are_asked_for_as_a_delta_first() -> None:
    store = Store(txid=8, position=at(7))
    store.makes_deltas = True
    follow = following(store)
    (large,) = files(8)
    async with running(follow):
        await follow.up(welcome(7))
        named = [large.model_copy(update={"size_bytes": 70_000})]
        await follow.heard(Head(lineage=LINEAGE, txid=8, files=named))
        await follow.wait_for(8)
    assert store.story[:2] == ["fetch 7 to 8", "delta 7 to 8"]


async def test_an_applier_that_died_is_asked_again_with_the_same_delta() -> None:
    store = Store(txid=7, position=at(7))
    store.errors["delta"] = [ApplierError("ended", "x")]
    follow = following(store)
    async with running(follow):
        await follow.up(welcome(7))
        await follow.heard(pushed(7, 8))
        await store.failed.wait()
        await follow.heard(pushed(8, 9))
        await follow.wait_for(9)
    assert [step for step in store.story if step.startswith(("delta", "list"))] == [
        *("delta 7 to 8", "delta 7 to 8", "delta 8 to 9"),
    ]


async def test_what_waited_is_forgotten_with_the_link_it_came_over() -> None:
    store = Store(txid=8, position=at(7))
    follow = following(store)
    await follow.up(welcome(7))
    await follow.heard(pushed(7, 8))
    follow.down()
    await follow.up(welcome(8))
    async with running(follow):
        await follow.wait_for(8)
    assert "delta 7 to 8" not in store.story
