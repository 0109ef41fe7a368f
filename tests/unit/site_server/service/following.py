"""A site that follows a directory which is only told of: what it does is a story to read."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from replication.adapters.applier_process import Applied
from replication.adapters.ltx_fetch import NotThereError
from replication.manifest import LtxName, Manifest, ManifestEntry
from replication.messages import ManifestFile, Welcome
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
        self.needs_reader: int | None = None
        self.overweight = False
        self.makes_deltas = False
        self.failed = asyncio.Event()
        self.listed = asyncio.Event()

    def _fail(self, what: str) -> None:
        if self.errors.get(what):
            self.failed.set()
            raise self.errors[what].pop(0)

    async def manifest(self, after_txid: int) -> Manifest:
        self.story.append(f"list after {after_txid}")
        self._fail("list")
        self.listed.set()
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
        if head_txid is not None and not refused and self.needs_reader is None:
            self.position = Position(lineage=lineage, txid=head_txid)
        return Applied(
            position=self.position,
            files=1,
            pages=1,
            refused=refused,
            gap=None,
            needs_reader=self.needs_reader,
        )

    async def deltas(self, lineage: str, base_txid: int, txid: int) -> Sequence[bytes]:
        del lineage
        self._fail("deltas")
        if not self.makes_deltas:
            raise NotThereError
        self.story.append(f"fetch {base_txid} to {txid}")
        return [delta(base_txid, txid)]

    async def apply_deltas(self, lineage: str, deltas: Sequence[bytes]) -> Applied:
        steps = [read_delta(data).step for data in deltas]
        self.story += [f"delta {step.base_txid} to {step.txid}" for step in steps]
        self._fail("delta")
        for step in steps:
            if self.position is None or self.position.txid != step.base_txid:
                raise BadDeltaError
            self.position = Position(lineage=lineage, txid=step.txid)
        return Applied(position=self.position, files=1, pages=1, refused=(), gap=None)

    async def adopt(self, lineage: str, name: LtxName) -> None:
        assert lineage == self.lineage
        self.story.append(f"adopt {name.min_txid}-{name.max_txid}")

    async def applied(self, position: Position) -> None:
        del position

    def forget_applied(self) -> None:
        self.story.append("the replica is lost")

    async def renew(self, manifest: Manifest) -> None:
        self.story.append(f"renew to {manifest.head_txid}")
        self._fail("renew")

    async def reload(self) -> None:
        self.story.append("reload")

    async def rebuild(self, lineage: str) -> Applied:
        self.story.append("rebuild")
        self._fail("rebuild")
        self.position = Position(lineage=lineage, txid=self.txid)
        return Applied(position=self.position, files=1, pages=1, refused=(), gap=None)

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
