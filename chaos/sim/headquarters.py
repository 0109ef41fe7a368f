"""Headquarters in a simulation: the primary's services over real files, without its doors.

What is real: the directory, the ledger, the registers, and every service that writes or reads them.
What is simulated: time, litestream, and the wire to each site.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from chaos.sim.frames import frame, from_site
from chaos.sim.shipping import Shipping
from chaos.sim.wan import connection
from primary.service.adjust import Adjust
from primary.service.deltas import Deltas
from primary.service.grant_quotas import GrantQuotas
from primary.service.heartbeat import Heartbeat
from primary.service.ingest import Ingest
from primary.service.link_session import LinkGround, LinkSession
from primary.service.links import Links
from primary.service.publish import Publisher
from primary.service.settle_claims import SettleClaims
from primary.service.site_says import SiteSays
from primary.service.standing import objection
from primary.service.watch_ledger import WatchLedger
from primary.service.watch_starts import WatchStarts
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from primary.store.ledger_report import LedgerReport
from replication.adapters.crsqlite import Registers
from replication.adapters.downloads import LinkDownError, LinkRefusedError
from replication.adapters.ltx_fetch import NotThereError
from replication.adapters.ltx_store import LtxStore
from replication.adapters.shadow import Shadow
from replication.errors import BadMessageError
from replication.known_entry import KnownEntry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import NoReturn

    from chaos.sim.clock import MachineClock
    from chaos.sim.gauges import Gauges
    from chaos.sim.loop import Life, VirtualLoop
    from chaos.sim.shipping import Shipped
    from chaos.sim.wan import End, Line
    from replication.adapters.sqlite_file import Work
    from replication.exchange import Received
    from replication.journal import Entry
    from replication.manifest import LtxName, Manifest
    from replication.messages import AnyFromPrimary, AnyFromSite

HEARTBEAT_S: Final = 5.0
SILENCE_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PrimaryParts:
    """What one run of the primary stands on."""

    folder: Path
    clock: MachineClock
    shipped: Shipped
    extension: Path
    loop: VirtualLoop
    gauges: Gauges


class PrimaryRun:
    """One run of the primary's process, from its start to its death. A `calling.Headquarters`."""

    def __init__(self, parts: PrimaryParts, life: Life) -> None:
        folder, clock = parts.folder, parts.clock
        self._loop, self._life, self._gauges = parts.loop, life, parts.gauges
        self.directory = Directory(folder / "directory.db")
        self.ledger = Ledger(folder / "ledger.db")
        self.registers = Registers(folder / "registers.db", parts.extension)
        self.report = LedgerReport(folder / "ledger.db")
        store = folder / "store"
        self.ingest = _SeenIngest(self.directory, self.ledger, clock)
        self.ingest.gauges = parts.gauges
        self._store = LtxStore(store)
        lineage = self.directory.lineage()
        self.publisher = Publisher(
            lineage=lineage,
            store=self._store,
            litestream=Shipping(
                self.directory.path, store, lineage=lineage, clock=clock, shipped=parts.shipped
            ),
            deltas=Deltas(shadow=Shadow(folder / "shadow.pages", store), store=store),
        )
        self.directory.on_commit = self.publisher.changed
        self.adjust = Adjust(self.ingest, self.directory, self.ledger, clock)
        self._heartbeat = Heartbeat(self.directory, clock)
        self._watch_ledger = WatchLedger(self.ingest)
        self._claims = SettleClaims(self.directory, self.registers)
        self._quotas = GrantQuotas(self.directory, self.ledger, self.adjust, clock)
        self.site_says = SiteSays()
        self._ground = LinkGround(
            directory=self.directory,
            ingest=self.ingest,
            publisher=self.publisher,
            registers=self.registers,
            clock=clock,
            starts=WatchStarts(self.ledger),
            site_says=self.site_says,
        )
        self.links = Links()
        self._ends: set[End] = set()

    async def run(self) -> NoReturn:
        """Serve until the process dies."""
        await self._watch_ledger.look()
        async with asyncio.TaskGroup() as group:
            for work in (
                self.publisher,
                self._heartbeat,
                self._claims,
                self._quotas,
                self._watch_ledger,
            ):
                group.create_task(work.run())
            while True:
                await asyncio.sleep(HEARTBEAT_S)
                self._heartbeat.due()
                self._watch_ledger.due()
                self._quotas.due()

    def hang_up(self) -> None:
        """What the kernel does with the connections of a dead process."""
        for end in list(self._ends):
            end.close()

    def vanish(self) -> None:
        """What becomes of the connections of a machine without power."""
        for end in list(self._ends):
            end.vanish()

    def call(self, line: Line, site_name: str, epoch: int) -> End | None:
        """A site calls; its certificate says who it is."""
        if not self._life.is_alive:
            return None
        theirs, ours = connection(line)
        self._gauges.call(site_name, self._loop.time())
        theirs.seen = ours.seen = partial(self._gauges.message, site_name)
        for end in (theirs, ours):
            self._loop.create_task(end.pump())
        self._ends.add(ours)
        self._loop.start(self._life, self._session(ours, site_name, epoch), f"link {site_name}")
        return theirs

    async def manifest(self, site_name: str, epoch: int, after_txid: int) -> Manifest:
        """See `primary.http.link_files`."""
        self._answers()
        against = objection(self.directory.site(site_name), site_name=site_name, epoch=epoch)
        if against:
            raise LinkRefusedError
        return await self.publisher.manifest(after_txid)

    async def deltas(self, lineage: str, base_txid: int, txid: int) -> tuple[bytes, ...]:
        """See `primary.http.link_files`."""
        self._answers()
        if lineage != self.publisher.lineage:
            raise NotThereError
        return await self.publisher.deltas(base_txid, txid)

    async def file(self, lineage: str, name: LtxName) -> bytes:
        """See `primary.http.link_files`."""
        self._answers()
        path = self._store.path(name)
        if lineage != self.publisher.lineage or not path.is_file():
            raise NotThereError
        return path.read_bytes()

    async def known_entry(self, site_name: str, epoch: int, seq: int) -> KnownEntry:
        """See `primary.http.link_journal`."""
        self._answers()
        head, entry = await self.ingest.known(site_name, epoch, seq)
        return KnownEntry(head_seq=head.seq, entry_hash=entry.entry_hash if entry else "")

    def _answers(self) -> None:
        if not self._life.is_alive:
            raise LinkDownError

    async def _session(self, end: End, site_name: str, epoch: int) -> None:
        wire = _Wire(end)
        try:
            await LinkSession(self._ground, wire, site_name=site_name, epoch=epoch).run(self.links)
        finally:
            end.close()
            self._ends.discard(end)


class _SeenIngest(Ingest):
    """Says how large the batches are that arrive."""

    gauges: Gauges

    async def receive(
        self,
        site_name: str,
        epoch: int,
        batch: Sequence[Entry],
        *,
        request_id: str = "",
        also: Work[None] | None = None,
    ) -> Received:
        """See `Ingest.receive`."""
        self.gauges.batch(site_name, batch)
        return await super().receive(site_name, epoch, batch, request_id=request_id, also=also)


class _Wire:
    """One end of a connection as the session's wire."""

    def __init__(self, end: End) -> None:
        self._end = end

    async def receive(self) -> AnyFromSite | None:
        """The next message."""
        try:
            async with asyncio.timeout(SILENCE_S):
                data = await self._end.receive()
            return None if data is None else from_site(data)
        except (TimeoutError, BadMessageError):
            self.abort()
            return None

    async def send(self, message: AnyFromPrimary) -> bool:
        """Whether it went out."""
        return self._end.send(frame(message))

    def speak(self, version: int) -> None:
        """Everybody here is of one version."""

    def abort(self) -> None:
        """End it at once."""
        self._end.close()
