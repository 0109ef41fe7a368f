"""The directory on its way down: always towards the newest head, by the cheapest source."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from replication.adapters.applier_process import Applied, ApplierError
from replication.adapters.downloads import LinkDownError
from replication.adapters.ltx_mirror import NotThereError
from replication.errors import StorageFullError
from replication.manifest import LtxName, Manifest, ManifestEntry
from replication.messages import Head, ManifestFile, Welcome
from replication.page_delta import BadDeltaError, Step, make_delta, read_delta
from replication.plan import GapError
from replication.position import Position
from site_server.service.follow_directory import FollowDirectory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

LINEAGE = "0123456789abcdef" * 2
OTHER = "fedcba9876543210" * 2


def entry(txid: int, *, first: int | None = None, level: int = 0) -> ManifestEntry:
    name = LtxName(level=level, min_txid=txid if first is None else first, max_txid=txid)
    return ManifestEntry(name=name, size_bytes=400, sha256="0" * 64)


def files(*txids: int) -> list[ManifestFile]:
    return [entry(txid).wire() for txid in txids]


def delta(base_txid: int, txid: int) -> bytes:
    step = Step(
        page_size=512, base_txid=base_txid, base_commit=3, txid=txid, commit=3, timestamp_ms=1
    )
    return make_delta(step, [], lambda _: b"")


class Store:
    """The primary's store and the site's mirror and applier, as one story that the test reads."""

    def __init__(self, *, txid: int = 0, position: Position | None = None) -> None:
        self.lineage = LINEAGE
        self.txid = txid
        self.position = position
        self.story: list[str] = []
        self.errors: dict[str, list[Exception]] = {}
        self.refused: list[str] = []
        self.overweight = False
        self.makes_deltas = False
        self.failed = asyncio.Event()

    def _fail(self, what: str) -> None:
        if self.errors.get(what):
            self.failed.set()
            raise self.errors[what].pop(0)

    async def manifest(self, after_txid: int) -> Manifest:
        self.story.append(f"list after {after_txid}")
        self._fail("list")
        wanted = range(after_txid + 1, self.txid + 1)
        return Manifest(lineage=self.lineage, entries=tuple(entry(txid) for txid in wanted))

    async def pull(self, manifest: Manifest) -> Sequence[LtxName]:
        names = [each.name for each in manifest.entries]
        self.story.append(f"pull {','.join(str(name.max_txid) for name in names)}")
        self._fail("pull")
        here = 0
        if self.position is not None and self.position.lineage == manifest.lineage:
            here = self.position.txid
        if min((name.min_txid for name in names), default=here + 1) > here + 1:
            raise GapError(reached_txid=here, next_txid=None, head_txid=manifest.head_txid)
        return names

    async def apply(self, lineage: str, head_txid: int | None = None) -> Applied:
        self.story.append(f"apply {head_txid}")
        self._fail("apply")
        refused, self.refused = tuple(self.refused), []
        if head_txid is not None and not refused:
            self.position = Position(lineage=lineage, txid=head_txid)
        return Applied(position=self.position, files=1, pages=1, refused=refused, gap=None)

    async def deltas(self, lineage: str, base_txid: int, txid: int) -> Sequence[bytes]:
        del lineage
        self._fail("deltas")
        if not self.makes_deltas:
            raise NotThereError
        self.story.append(f"fetch {base_txid} to {txid}")
        return [delta(base_txid, txid)]

    async def apply_delta(self, lineage: str, data: bytes) -> Applied:
        step = read_delta(data).step
        self.story.append(f"delta {step.base_txid} to {step.txid}")
        self._fail("delta")
        if self.position is None or self.position.txid != step.base_txid:
            raise BadDeltaError
        self.position = Position(lineage=lineage, txid=step.txid)
        return Applied(position=self.position, files=1, pages=1, refused=(), gap=None)

    async def adopt(self, lineage: str, name: LtxName) -> None:
        assert lineage == self.lineage
        self.story.append(f"adopt {name.min_txid}-{name.max_txid}")

    async def applied(self, position: Position) -> None:
        del position

    async def drop(self, names: Sequence[str]) -> None:
        self.story.append(f"drop {','.join(names)}")


def following(store: Store, *, mirror_lineage: str | None = None) -> FollowDirectory:
    return FollowDirectory(
        mirror=store,
        applier=store,
        listing=store,
        position=store.position,
        mirror_lineage=mirror_lineage,
    )


@asynccontextmanager
async def running(follow: FollowDirectory) -> AsyncIterator[None]:
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        task = group.create_task(follow.run())
        try:
            yield
        finally:
            task.cancel()


def welcome(txid: int, lineage: str = LINEAGE) -> Welcome:
    return Welcome(lineage=lineage, txid=txid, watermark_seq=0, wall_ms=0)


def at(txid: int) -> Position:
    return Position(lineage=LINEAGE, txid=txid)


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
    assert "new lineage" in caplog.text
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
