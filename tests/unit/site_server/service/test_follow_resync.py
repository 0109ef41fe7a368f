"""Replica and mirror anew, on an administrator's word or because the replica was lost."""

from __future__ import annotations

import asyncio

from replication.adapters.applier_process import Applied
from replication.adapters.downloads import LinkDownError
from tests.unit.site_server.service.following import (
    LINEAGE,
    Store,
    at,
    following,
    running,
    welcome,
)


class Wished:
    """A wish that the test makes."""

    def __init__(self) -> None:
        self.wanted = True
        self.came_true = asyncio.Event()

    def granted(self) -> None:
        self.wanted = False
        self.came_true.set()


class Lost(Store):
    """A store whose replica turns out lost once."""

    is_lost = True

    async def apply(self, lineage: str, head_txid: int | None = None) -> Applied:
        if self.is_lost:
            self.is_lost = False
            self.position = None
            self.story.append("lost")
            return Applied(position=None, files=0, pages=0, refused=(), gap="all is missing")
        return await super().apply(lineage, head_txid)


async def test_a_wish_comes_true_once_and_the_replica_goes_on() -> None:
    store = Store(txid=9, position=at(9))
    follow, wish = following(store, mirror_lineage=LINEAGE), Wished()
    follow.wish = wish
    async with running(follow):
        await follow.up(welcome(9))
        await wish.came_true.wait()
        store.txid = 10
        await follow.up(welcome(10))
        await follow.wait_for(10)
    assert store.story == ["list after 0", "renew to 9", "rebuild", "list after 9", *LAST]


LAST = ["pull 10", "apply 10"]


async def test_a_wish_waits_for_headquarters() -> None:
    store = Store(txid=9, position=at(9))
    follow, wish = following(store), Wished()
    follow.wish = wish
    async with running(follow):
        await asyncio.sleep(0)
        assert wish.wanted
        follow.look_again()
        await follow.up(welcome(9))
        await wish.came_true.wait()
    assert "rebuild" in store.story


async def test_a_wish_outlives_a_link_that_breaks_over_it() -> None:
    store = Store(txid=9, position=at(9))
    store.errors["renew"] = [LinkDownError()]
    follow, wish = following(store), Wished()
    follow.wish = wish
    async with running(follow):
        await follow.up(welcome(9))
        await store.failed.wait()
        assert wish.wanted
        await follow.up(welcome(9))
        await wish.came_true.wait()
    assert store.story.count("renew to 9") == 2


async def test_a_store_that_is_behind_the_replica_makes_nothing_anew() -> None:
    store = Store(txid=4, position=at(9))
    follow, wish = following(store), Wished()
    follow.wish = wish
    async with running(follow):
        await follow.up(welcome(4))
        async with asyncio.timeout(5):
            await store.listed.wait()
    assert wish.wanted
    assert "rebuild" not in store.story


async def test_a_lost_replica_is_fetched_from_nothing() -> None:
    store = Lost(txid=9, position=at(7))
    follow = following(store)
    async with running(follow):
        await follow.up(welcome(9))
        await follow.wait_for(9)
    assert store.story[:4] == ["list after 7", "pull 8,9", "lost", "the replica is lost"]
    assert store.story[4:] == ["reload", "list after 0", "pull 1,2,3,4,5,6,7,8,9", "apply 9"]
