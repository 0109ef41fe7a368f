"""A replica that may not go on: nothing is fetched or made anew until the site can read it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from replication.messages import Head
from tests.unit.site_server.service.following import (
    LINEAGE,
    OTHER,
    Store,
    at,
    files,
    following,
    running,
    welcome,
)

if TYPE_CHECKING:
    import pytest


class Wished:
    """Somebody wants everything anew."""

    wanted = True

    def granted(self) -> None:
        self.wanted = False


def frozen_store() -> Store:
    store = Store(txid=9, position=at(7))
    store.needs_reader = 3
    return store


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_frozen_replica_stays_and_counts_as_all_there_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = frozen_store()
    follow = following(store)
    async with running(follow):
        await follow.up(welcome(9))
        await settle()
        told = list(store.story)
        for txid in (10, 11):
            await follow.heard(Head(lineage=LINEAGE, txid=txid, files=files(txid)))
            await settle()
        follow.wish = Wished()
        follow.refill()
        await settle()
    assert [step for step in store.story if not step.startswith("apply")] == [
        step for step in told if not step.startswith("apply")
    ]
    assert (follow.position, follow.wanted, follow.done) == (at(7), 7, 7)
    assert "Upgrade this site" in follow.frozen.alarm
    assert caplog.text.count("the replica is frozen") == 1
    assert follow.wish.wanted


async def test_another_directory_may_be_readable() -> None:
    store = frozen_store()
    follow = following(store)
    async with running(follow):
        await follow.up(welcome(9))
        await settle()
        assert follow.frozen
        store.lineage, store.txid, store.needs_reader = OTHER, 2, None
        await follow.up(welcome(2, OTHER))
        await follow.wait_for(2)
    assert not follow.frozen
    assert follow.frozen.alarm == ""


async def test_a_mirror_that_vanished_is_looked_at_again_and_filled() -> None:
    store = Store(txid=7, position=at(7))
    follow = following(store)
    async with running(follow):
        await follow.up(welcome(7))
        await settle()
        follow.refill()
        await settle()
    assert store.story[-3:] == ["reload", "list after 0", "pull 1,2,3,4,5,6,7"] or (
        store.story[-4:-1] == ["reload", "list after 0", "pull 1,2,3,4,5,6,7"]
    )
