"""Headquarters in a simulation: the primary's services over real files, behind its doors.

What is real: the directory, the ledger, the registers, every service that writes or reads them, who
is let in, and every answer to a request. What is simulated: time, litestream, and the wire to each
site.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from chaos.sim.doors import Behind, Doors
from chaos.sim.link_wire import LinkWire
from chaos.sim.shipping import Shipping
from chaos.sim.wan import connection
from primary.service.adjust import Adjust
from primary.service.deltas import Deltas
from primary.service.grant_quotas import GrantQuotas
from primary.service.heartbeat import Heartbeat
from primary.service.ingest import Ingest
from primary.service.link_session import LinkGround, LinkSession
from primary.service.publish import Publisher
from primary.service.restore import STORE_FOLDER
from primary.service.restore_plan import check_finished
from primary.service.settle_claims import SettleClaims
from primary.service.site_says import SiteSays
from primary.service.watch_ledger import WatchLedger
from primary.service.watch_starts import WatchStarts
from primary.service.who_calls import SiteCalls
from primary.start_checks import check_files, note_heartbeat
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from primary.store.ledger_report import LedgerReport
from replication.adapters.crsqlite import Registers
from replication.adapters.downloads import LinkDownError
from replication.adapters.ltx_store import LtxStore
from replication.adapters.shadow import Shadow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import NoReturn

    from chaos.directory_log import DirectoryLog
    from chaos.sim.clock import MachineClock
    from chaos.sim.door import Answered, Asked
    from chaos.sim.gauges import Gauges
    from chaos.sim.handshake import Papers
    from chaos.sim.loop import Life, VirtualLoop
    from chaos.sim.shipping import Shipped
    from chaos.sim.wan import End, Line
    from replication.adapters.sqlite_file import Work
    from replication.exchange import Received
    from replication.journal import Entry

HEARTBEAT_S: Final = 5.0
_WATERMARKS: Final = "SELECT site_name, epoch, seq FROM watermarks"
_BALANCES: Final = "SELECT payer, balance_micros FROM balances"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrimaryParts:
    """What one run of the primary stands on."""

    folder: Path
    clock: MachineClock
    shipped: Shipped
    extension: Path
    loop: VirtualLoop
    directory_log: DirectoryLog
    gauges: Gauges
    on_link: Callable[[LinkWire], None]
    """Hears of each connection when it is over."""


class PrimaryRun:
    """One run of the primary's process, from its start to its death. A `calling.Headquarters`."""

    def __init__(self, parts: PrimaryParts, life: Life) -> None:
        folder, clock = parts.folder, parts.clock
        check_finished(folder)
        self._loop, self._life, self._gauges = parts.loop, life, parts.gauges
        self.directory = Directory(folder / "directory.db")
        self.ledger = Ledger(folder / "ledger.db")
        self.registers = Registers(folder / "registers.db", parts.extension)
        self.report = LedgerReport(folder / "ledger.db")
        check_files(folder, self.directory, self.ledger)
        store = folder / STORE_FOLDER
        self.ingest = _SeenIngest(self.directory, self.ledger, clock)
        self.ingest.gauges = parts.gauges
        self._store = LtxStore(store)
        lineage = self.directory.lineage()
        self.publisher = self._publisher(parts, store, lineage)
        self._log = parts.directory_log
        self.directory.on_commit = self._committed
        self._note()
        self.adjust = Adjust(self.ingest, self.directory, self.ledger, clock)
        self._heartbeat = Heartbeat(self.directory, clock)
        self._heartbeat.on_beat = partial(note_heartbeat, folder, lineage)
        self._watch_ledger = WatchLedger(self.ingest)
        self._claims = SettleClaims(self.directory, self.registers)
        self._quotas = GrantQuotas(self.directory, self.ledger, self.adjust, clock)
        self.site_says = SiteSays()
        self._ground = self._link_ground(clock)
        self.doors = Doors(self._behind(folder), life)
        self.is_open = False
        self._on_link = parts.on_link
        self._ends: dict[LinkWire, None] = {}

    def _link_ground(self, clock: MachineClock) -> LinkGround:
        return LinkGround(
            directory=self.directory,
            ingest=self.ingest,
            publisher=self.publisher,
            registers=self.registers,
            clock=clock,
            starts=WatchStarts(self.ledger),
            site_says=self.site_says,
        )

    def _behind(self, folder: Path) -> Behind:
        return Behind(
            folder=folder,
            ground=self._ground,
            store=self._store,
            ledger=self.ledger,
            report=self.report,
            registers=self.registers,
            adjust=self.adjust,
            quotas=self._quotas,
        )

    def _publisher(self, parts: PrimaryParts, store: Path, lineage: str) -> Publisher:
        return Publisher(
            lineage=lineage,
            store=self._store,
            litestream=Shipping(
                self.directory.path,
                store,
                lineage=lineage,
                clock=parts.clock,
                shipped=parts.shipped,
            ),
            deltas=Deltas(shadow=Shadow(parts.folder / "shadow.pages", store), store=store),
        )

    async def run(self) -> NoReturn:
        """Serve until the process dies."""
        await self._watch_ledger.look()
        await self.doors.open()
        self.is_open = True
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
        for wire in list(self._ends):
            wire.abort()
            self._on_link(wire)

    def vanish(self) -> None:
        """What becomes of the connections of a machine without power."""
        for wire in list(self._ends):
            wire.vanish()
            self._on_link(wire)

    def tell_links(self) -> None:
        """Tell of the connections that stand, too."""
        for wire in list(self._ends):
            self._on_link(wire)

    def call(self, line: Line, papers: Papers) -> End | None:
        """Somebody calls; None where nobody answers, or they are not let in."""
        if not self._life.is_alive or not self.is_open:
            return None
        caller = self.doors.caller(papers)
        if not isinstance(caller, SiteCalls):
            return None
        theirs, ours = connection(line)
        self._gauges.call(papers.site_name, self._loop.time())
        theirs.seen = ours.seen = partial(self._gauges.message, papers.site_name)
        for end in (theirs, ours):
            self._loop.create_task(end.pump())
        wire = LinkWire(ours, papers, self._loop)
        self._ends[wire] = None
        name = f"link {papers.site_name}"
        self._loop.start(self._life, self._session(wire, caller), name)
        return theirs

    def balance_micros(self, payer: str) -> int:
        """What the directory has for this payer."""
        return self.directory.balances_of((payer,)).get(payer, 0)

    def _committed(self) -> None:
        self.publisher.changed()
        self._note()

    def _note(self) -> None:
        """Keep what each commit made of the money."""
        with self.directory.read() as connection:
            marks = connection.exec_driver_sql(_WATERMARKS).all()
            money = connection.exec_driver_sql(_BALANCES).all()
        self._log.note(
            {(site_name, epoch): seq for site_name, epoch, seq in marks},
            {payer: micros for payer, micros in money},  # noqa: C416 - rows are no pairs
        )

    async def ask(self, papers: Papers, asked: Asked) -> Answered | None:
        """What the link's door answers; None: it does not let these papers in.

        Errors: `LinkDownError`.
        """
        self._answers()
        return await self.doors.ask(papers, asked)

    async def administer(self, asked: Asked) -> Answered:
        """What the API answers to the administrator. Errors: `LinkDownError`."""
        self._answers()
        return await self.doors.administer(asked)

    def _answers(self) -> None:
        if not self._life.is_alive or not self.is_open:
            raise LinkDownError

    async def _session(self, wire: LinkWire, caller: SiteCalls) -> None:
        peer = caller.peer
        session = LinkSession(self._ground, wire, site_name=peer.site_name, epoch=peer.epoch)
        session.until_ms = caller.until_ms
        try:
            await session.run(self.doors.links)
        finally:
            wire.abort()
            self._ends.pop(wire, None)
            self._on_link(wire)


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
