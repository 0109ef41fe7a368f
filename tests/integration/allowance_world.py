"""Headquarters and three sites on real stores, without a network: the test carries every word.

What is real: the directory, the ledger and the way in at headquarters; at each site its store, its
decisions (copy sessions), and the task that asks for allowances and gives them back. What the test
carries: the journal up, the directory down, asks and recalls, and only where the site is not cut.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, insert, select

from failure_modes.facts import CopyFacts
from failure_modes.pricing import PageCount
from failure_modes.vocabulary import LinkState
from primary import organisation_load
from primary.service.adjust import Adjust, Adjustment
from primary.service.grant_allowances import grant_allowances
from primary.service.ingest import Ingest
from primary.service.organisation import create
from primary.store import grants
from primary.store.directory import Directory as PrimaryDirectory
from primary.store.ledger import Ledger
from replication.entry_bodies import movement
from replication.messages import AllowanceAsk, AllowanceRecall, Welcome
from replication.schema.directory import directory_metadata, policies
from replication.testing import ManualClock
from site_server.config import Limits
from site_server.errors import RefusedError
from site_server.service.charged_to import Charge
from site_server.service.copy_session import CopySession
from site_server.service.ground import Ground
from site_server.service.keep_allowances import KeepAllowances
from site_server.service.record_drill import RecordDrill
from site_server.service.supervise import Supervisor
from site_server.service.view import Decider
from site_server.store.directory import Directory
from site_server.store.sessions import PanelSession
from site_server.store.site_store import SiteStore
from site_server.testing import DirectoryFile, MemorySpool, StillLink
from tests.integration.allowance_organisation import (
    ADA,
    ORGANISATION,
    PAGE_MICROS,
    PAYERS,
    RESEARCH,
    SITES,
)

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from primary.store.grants import Shares
    from replication.messages import AnyFromSite
    from site_server.store.copies import Copy

ENTRIES_MAX: Final = 10_000
Image = dict[str, list[dict[str, Any]]]


@dataclass(slots=True)
class Way:
    """A site's link to headquarters; `is_cut`: nothing goes either way."""

    world: World
    site_name: str
    link: StillLink
    is_cut: bool = False

    async def send(self, message: AnyFromSite) -> bool:
        """See `replication.link.Link`."""
        if not self.is_cut:
            assert isinstance(message, AllowanceAsk)
            await self.world.answer(self.site_name, message)
        return not self.is_cut


@dataclass(slots=True)
class SiteEnd:
    """A site."""

    way: Way
    store: SiteStore
    replica: DirectoryFile
    copying: CopySession
    decider: Decider
    keep: KeepAllowances
    is_set_back: bool = False
    images: list[Image] = field(default_factory=list)
    open_copies: list[Copy] = field(default_factory=list)

    @property
    def site_name(self) -> str:
        return self.way.site_name

    @property
    def world(self) -> World:
        return self.way.world

    async def heal(self) -> None:
        """The WAN of this site is there."""
        self.way.is_cut, self.way.link.state = False, LinkState.ONLINE
        self.way.link.offline_since_ms = None
        await self.keep.up(Welcome(lineage="0" * 32, txid=1, watermark_seq=0, wall_ms=0))

    def cut(self) -> None:
        """The WAN of this site is gone."""
        self.way.is_cut, self.way.link.state = True, LinkState.OFFLINE
        self.way.link.offline_since_ms = self.world.clock.wall_ms()
        self.keep.down()

    async def start_copies(self, pages: int, payer: str = ADA) -> bool:
        """Whether so many pages may be copied; then credit is set aside for them."""
        session = PanelSession(
            session_id="session",
            user_name="ada",
            device_name="panel",
            printer_name=f"{self.site_name}-laser",
            opened_wall_ms=self.world.clock.wall_ms(),
        )
        charge = Charge(account_name="research" if payer == RESEARCH else None)
        facts = CopyFacts(pages=pages, colour=False)
        try:
            started = await self.copying.start(session, facts, charge)
        except RefusedError:
            return False
        assert started.copy.payer == payer
        self.open_copies.append(started.copy)
        return True

    async def finish_copies(self, share: float = 1.0) -> None:
        """The oldest copier stops, after this share of its pages."""
        copy = self.open_copies.pop(0)
        pages = int(copy.reserved_micros // PAGE_MICROS * share)
        count = PageCount(mono=pages, colour=0)
        await self.copying.finish(copy.session_id, copy.device_name, copy.copy_uuid, count)

    async def upload(self, entries_max: int = 500) -> None:
        """The next entries go up, and take effect."""
        if not self.way.is_cut:
            first = self.world.directory.watermark(self.site_name, 1).seq + 1
            batch = self.store.entries(first, first + entries_max - 1)
            await self.world.ingest.receive(self.site_name, 1, batch)

    def replicate(self) -> None:
        """The directory comes down, as it is now."""
        if not self.way.is_cut:
            self.is_set_back = False
            self.images.append(self.world.image())
            self._load(self.images[-1])

    def set_back(self) -> None:
        """The replica becomes what it was before, as after a restore from the mirror."""
        if len(self.images) > 1:
            self.is_set_back = True
            self.images.pop()
            self._load(self.images[-1])

    def left_micros(self, payer: str) -> int:
        """What the site says it may spend."""
        return self.decider.allowance(self.store, payer).left_micros

    def _load(self, image: Image) -> None:
        def work(connection: Connection) -> None:
            for table in directory_metadata.sorted_tables:
                connection.execute(delete(table))
                if image[table.name]:
                    connection.execute(insert(table), image[table.name])

        self.replica.change(work)


@dataclass(slots=True)
class Books:
    """What all sites charged to a payer, and what of that headquarters does not have yet."""

    shares: Shares
    spent: int = 0
    unmerged: int = 0


class World:
    """Headquarters, and its sites."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        create(folder / "hq", organisation_load.load(ORGANISATION), self.clock)
        self._stack = ExitStack()
        self.directory = PrimaryDirectory(folder / "hq" / "directory.db")
        self._stack.callback(self.directory.close)
        self.ledger = Ledger(folder / "hq" / "ledger.db")
        self._stack.callback(self.ledger.close)
        self.ingest = Ingest(self.directory, self.ledger, self.clock)
        self._adjust = Adjust(self.ingest, self.directory, self.ledger, self.clock)
        self.adjusted = dict.fromkeys(PAYERS, 0)
        body = json.dumps({"credit": "strict"})
        row = {"layer": "global", "scope": "", "version": 1, "body": body}
        self.directory.write_now(lambda db: db.execute(insert(policies), row))
        self.sites = {name: self._site(folder, name) for name in SITES}

    async def start(self) -> None:
        """Every site has a replica and a link."""
        for site in self.sites.values():
            site.replicate()
            await site.heal()

    async def answer(self, site_name: str, ask: AllowanceAsk) -> None:
        """What headquarters does with an ask."""
        for found in await grant_allowances(self.directory, site_name, 1, ask.needs):
            for holder in found.holders if found.short_micros else ():
                if not self.sites[holder].way.is_cut:
                    recall = AllowanceRecall(payer=found.payer, amount_micros=found.short_micros)
                    await self.sites[holder].keep.heard(recall)

    async def adjust(self, payer: str, amount_micros: int) -> None:
        """Headquarters changes a balance by hand."""
        request_id = f"request {self.ledger.head('primary', 1).seq}"
        await self._adjust.apply(
            Adjustment(payer=payer, amount_micros=amount_micros, request_id=request_id)
        )
        self.adjusted[payer] += amount_micros

    def restart(self) -> None:
        """Headquarters forgets what it had in memory."""
        self.ingest = Ingest(self.directory, self.ledger, self.clock)
        self._adjust = Adjust(self.ingest, self.directory, self.ledger, self.clock)

    def shares(self, payer: str) -> Shares:
        """How the balance is shared out."""
        with self.directory.read() as connection:
            return grants.shares(connection, payer)

    def books(self) -> dict[str, Books]:
        """What is true of each payer's money, from the journals themselves."""
        books = {payer: Books(shares=self.shares(payer)) for payer in PAYERS}
        for site in self.sites.values():
            merged_seq = self.directory.watermark(site.site_name, 1).seq
            for entry in site.store.entries(1, ENTRIES_MAX):
                moved = movement(entry.parsed())
                if moved is not None:
                    books[moved.payer].spent -= moved.amount_micros
                    books[moved.payer].unmerged -= moved.amount_micros * (entry.seq > merged_seq)
        return books

    def reserved_micros(self, payer: str) -> int:
        """What copiers that run now may still cost."""
        copies = (copy for site in self.sites.values() for copy in site.open_copies)
        return sum(copy.reserved_micros for copy in copies if copy.payer == payer)

    def image(self) -> Image:
        """The whole directory at one moment."""
        with self.directory.read() as connection:
            return {
                table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
                for table in directory_metadata.sorted_tables
            }

    def close(self) -> None:
        """Close every file."""
        self._stack.close()

    def _site(self, folder: Path, site_name: str) -> SiteEnd:
        (folder / site_name).mkdir()
        replica = DirectoryFile(folder / site_name / "replica.db")
        self._stack.callback(replica.close)
        store = SiteStore(
            folder / site_name / "site.db", site_name=site_name, epoch=1, clock=self.clock
        )
        self._stack.callback(store.close)
        directory, link = Directory(replica, site_name), StillLink()
        ground = Ground(
            site_name=site_name,
            store=store,
            directory=directory,
            spool=MemorySpool(folder / site_name),
            link=link,
            clock=self.clock,
            supervisor=Supervisor(asyncio.TaskGroup(), self.clock),
            limits=Limits(copies_per_session_max=1_000),
        )
        decider = Decider(directory, link, self.clock, RecordDrill(store))
        way = Way(self, site_name, link)
        keep = KeepAllowances(store=store, directory=directory, link=way, clock=self.clock)
        decider.on_need = keep.note
        return SiteEnd(
            way=way,
            store=store,
            replica=replica,
            copying=CopySession(ground, decider),
            decider=decider,
            keep=keep,
        )
