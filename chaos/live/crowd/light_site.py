"""A site without a replica, printers or users: everything it says to headquarters is the real code.

The connection, the beats and their judgement, the downloads and their back-off are those of a site
server. What is left out lies behind them: the pages go to an image that all sites of the process
share (`image.py`), and the journal is empty.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from typing import TYPE_CHECKING, Final, NoReturn

from replication.adapters.downloads import LinkDownError
from replication.adapters.link_client import LinkAddress, LinkClient
from replication.adapters.link_times import LinkTimes
from replication.adapters.ltx_fetch import NotThereError, WrongBytesError
from replication.adapters.tls import link_client_context
from replication.delta_chain import DeltaChain
from replication.errors import ReplicationError
from replication.messages import UPLINK, Head, Hello, PushedDelta, Registers, RegistersHave
from replication.page_delta import BadDeltaError, read_delta
from replication.plan import cost, plan
from replication.registers import newest
from site_server.service.backlog import Backlog
from site_server.service.retry_pause import RetryPause
from site_server.service.watch_link import ReplicaSigns, WatchLink

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from chaos.live.crowd.image import SharedImage
    from replication.messages import AnyFromPrimary, Welcome
    from replication.ports import Clock
    from replication.registers import Versions

CERT_FILE: Final = "cert.pem"
KEY_FILE: Final = "key.pem"


class Follower:
    """Where the directory of one site stands, and when it got there. A `LinkListener`."""

    def __init__(self, image: SharedImage, turn: asyncio.Lock) -> None:
        self._image = image
        self._turn = turn
        self._lineage = ""
        self._retry = RetryPause()
        self._moved = asyncio.Event()
        self.link: LinkClient | None = None
        self.is_up = False
        self.done = 0
        """The TXID up to which everything was received and proved."""
        self.wanted = 0
        self.reached_s: list[tuple[int, float]] = []
        """When `done` became what; `time.perf_counter`, which all processes of a machine share."""
        self.fetched = 0
        """Times that something had to be asked for instead of being pushed."""
        self.trouble = ""
        """Why the last attempt to catch up failed; '' where it did not."""
        self._versions: Versions = {}
        self._waiting = DeltaChain()

    async def up(self, welcome: Welcome) -> None:
        """Aim at where headquarters is, and say which registers are here."""
        self.is_up, self._lineage = True, welcome.lineage
        self._retry.came_up()
        if not self.done and self._image.lineage == welcome.lineage:
            self.done = self._image.txid  # as if it had always been there
        if self.link is not None:
            await self.link.send(RegistersHave(versions=dict(self._versions)))
        self._aim(welcome.txid)

    async def heard(self, message: AnyFromPrimary) -> None:
        """Take a delta, or aim at a head."""
        if isinstance(message, PushedDelta):
            self._push(message.data)
        elif isinstance(message, Head):
            self._aim(message.txid)
        elif isinstance(message, Registers):
            self._versions = newest(self._versions, message.versions)

    def down(self) -> None:
        """Nothing can be fetched now."""
        self.is_up = False
        self._waiting.clear()

    async def run(self) -> NoReturn:
        """Fetch whatever is missing, until cancelled."""
        while True:
            moved = self._moved
            if not self.is_up or self.done >= self.wanted:
                await moved.wait()
                continue
            try:
                await self._catch_up()
            except ReplicationError as error:
                self.trouble = f"{type(error).__name__}: {error}"
                self._retry.failed(error)
                await self._retry.wait(moved)
            else:
                self.trouble = ""
                self._retry.went_well()

    def _push(self, data: bytes) -> None:
        try:
            step = self._image.prove(data)
        except BadDeltaError:
            # No site of this process stands where it begins: ask for what leads there.
            self._aim(read_delta(data).step.txid)
            return
        self._waiting.add(step, data)
        self._take_what_waits()
        self._aim(step.txid)

    async def _catch_up(self) -> None:
        self.fetched += 1
        if self.link is None:
            raise LinkDownError
        target = self.wanted
        if self.done:
            try:
                deltas = await self.link.deltas(self._lineage, self.done, target)
            except NotThereError:
                deltas = ()
            for data in deltas:
                step = self._image.prove(data)
                if step.base_txid == self.done:
                    self._reach(step.txid)
            self._take_what_waits()
            if self.done >= target:
                return
        async with self._turn:
            await self._whole_files(self.link)

    async def _whole_files(self, link: LinkClient) -> None:
        manifest = await link.manifest(self.done)
        entries = {entry.name: entry for entry in manifest.entries}
        costs = {name: cost(entry.size_bytes) for name, entry in entries.items()}
        files = []
        for name in plan(self.done or None, costs):
            body = b"".join([piece async for piece in link.fetch(name, manifest.lineage)])
            if hashlib.sha256(body).hexdigest() != entries[name].sha256:
                raise WrongBytesError
            files.append(body)
        if files:
            self._reach(self._image.take_files(manifest.lineage, self.done, files))

    def _take_what_waits(self) -> None:
        for step, _ in self._waiting.after(self.done):
            self._reach(step.txid)

    def _reach(self, txid: int) -> None:
        self.done = txid
        self.reached_s.append((txid, time.perf_counter()))

    def _aim(self, txid: int) -> None:
        self.wanted = max(self.wanted, txid, 1)
        self._moved.set()
        self._moved = asyncio.Event()


class LightSite:
    """The site of the certificate in `folder`."""

    def __init__(
        self,
        folder: Path,
        address: LinkAddress,
        follower: Follower,
        clock: Clock,
        chance: Random,
    ) -> None:
        name = folder.name
        context = link_client_context(
            cert=folder / CERT_FILE,
            key=folder / KEY_FILE,
            ca_pem=(folder.parent / "ca.pem").read_text(encoding="ascii"),
        )

        def hello() -> Hello:
            return Hello(
                site_name=name,
                epoch=1,
                journal_seq=0,
                wall_ms=clock.wall_ms(),
                takes_deltas=True,
                uplink=UPLINK,
            )

        self.client = LinkClient(
            address=address, context=context, hello=hello, chance=chance, times=LinkTimes()
        )
        self.follower = follower
        follower.link = self.client
        self.watch = WatchLink(
            link=self.client,
            clock=clock,
            backlog=Backlog((follower,)),
            replica=ReplicaSigns(position=lambda: follower.done),
        )

    async def run(self) -> None:
        """Be a site, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.watch.run())
            group.create_task(self.follower.run())
            group.create_task(self.client.run((self.watch, self.follower)))
