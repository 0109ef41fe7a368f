"""One site's link, from its hello to its end.

Theory of operation
-------------------
A session reads in order, one message ahead (`read_ahead.py`), and answers in order: an entry is
acknowledged only when the ledger and the directory have it, a beat only when both writers have
answered, and an ask for allowances counts what came in before it. Heads, recalls and registers are
sent beside that as they come. Whatever goes wrong ends the connection, and the site calls again:
every message may be repeated, so nothing is kept here that the next session would need.

There is one session per site, and the newest wins. After a cut the primary may not know for a while
that the old connection is dead, and the site must not wait for that.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Final

from primary.errors import PrimaryError
from primary.service.arrival import Arrival
from primary.service.entrance import Entrance
from primary.service.grant_allowances import grant_allowances
from primary.service.hear_standing import HearStanding
from primary.service.ingest import Ingest
from primary.service.links import Links, Wire
from primary.service.publish import Publisher, Subscription
from primary.service.read_ahead import ReadAhead
from primary.service.set_back import SetBack
from primary.service.site_says import Hearing, SiteSays
from primary.service.watch_starts import WatchStarts
from primary.store.directory import Directory
from replication.adapters.registers_fan import RegistersFan
from replication.adapters.registers_peer import RegistersPeer
from replication.errors import ReplicationError
from replication.messages import (
    ALLOWANCES_SINCE,
    PROTOCOL,
    STANDING_SINCE,
    UPLINK,
    Ack,
    AllowanceAsk,
    AllowanceRecall,
    AnyFromSite,
    Beat,
    BeatAck,
    Fence,
    Gap,
    Hello,
    Registers,
    RegistersHave,
    Standing,
    Welcome,
)
from replication.ports import Clock
from replication.registers import RegistersPort
from replication.versions import VERSIONS

logger: Final = logging.getLogger(__name__)

REASON_CHARS_MAX: Final = 1023
FOR_EVER_MS: Final = 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkGround:
    """What every session stands on."""

    directory: Directory
    ingest: Ingest
    publisher: Publisher
    registers: RegistersPort
    clock: Clock
    starts: WatchStarts
    site_says: Hearing = field(default_factory=SiteSays)
    fan: RegistersFan | None = None
    """What all sessions share in telling of the registers."""
    versions: tuple[int, ...] = VERSIONS
    """Of the protocol that are spoken here."""
    set_back: SetBack = field(default_factory=SetBack)


class LinkSession:
    """The session of the site that the certificate names, in that epoch, until it ends."""

    until_ms = FOR_EVER_MS
    """When the certificate ends that it came in with."""

    def __init__(self, ground: LinkGround, wire: Wire, *, site_name: str, epoch: int) -> None:
        self._ground = ground
        self._wire = wire
        self._site_name = site_name
        self._epoch = epoch
        self._protocol = PROTOCOL
        self._registers = RegistersPeer(ground.registers, wire.send, ground.fan)
        self._following: asyncio.Task[None] | None = None
        self._entrance = Entrance(
            ground.directory, ground.ingest, ground.starts, site_name=site_name, epoch=epoch
        )
        self._entrance.versions = ground.versions
        self._standing = HearStanding(
            ground.ingest, ground.directory, site_name=site_name, epoch=epoch
        )

    async def run(self, links: Links) -> None:
        """Serve the site until its connection ends."""
        hello = await self._wire.receive()
        if not isinstance(hello, Hello):
            return
        try:
            await self._let_in(hello, links)
        except* (ReplicationError, PrimaryError) as errors:
            logger.warning(
                "the link of site %s is ended: %s", self._site_name, errors.exceptions[0]
            )

    async def _let_in(self, hello: Hello, links: Links) -> None:
        refusal = await self._entrance.refusal_of(hello)
        if refusal:
            await self.refuse(links, refusal)
            return
        await self._entrance.learn_epoch()
        self._protocol = min(hello.protocol, PROTOCOL)
        self._wire.speak(self._protocol)
        self._hear_clock(hello.wall_ms)
        recalls = links.add(self._site_name, self._wire)
        logger.info("site %s is connected, protocol %d", self._site_name, self._protocol)
        try:
            with self._ground.publisher.subscribe(takes_deltas=hello.takes_deltas) as heads:
                await self._serve(hello, heads, links, recalls)
        finally:
            links.remove(self._site_name, self._wire)
            logger.info("site %s is gone", self._site_name)

    async def refuse(self, links: Links, reason: str) -> None:
        """Tell the site why it may not come in, and the log, once."""
        if links.is_news(self._site_name, reason):
            logger.warning("site %s is refused: %s", self._site_name, reason)
            await self._entrance.turned_up()
        await self._fence(reason)

    async def _serve(
        self,
        hello: Hello,
        heads: Subscription,
        links: Links,
        recalls: asyncio.Queue[AllowanceRecall],
    ) -> None:
        ground = self._ground
        newest = ground.publisher.head()
        head = await ground.ingest.head(self._site_name, self._epoch)
        ground.ingest.uplinks.hear_journal(
            self._site_name, kept_from_seq=hello.kept_from_seq, head_seq=head.seq
        )
        welcome = Welcome(
            protocol=self._protocol,
            lineage=newest.lineage,
            txid=newest.txid,
            watermark_seq=head.seq,
            wall_ms=ground.clock.wall_ms(),
            uplink=min(hello.uplink, UPLINK),
            wants_standing=hello.uplink >= STANDING_SINCE and self._standing.is_wanted,
        )
        if not await self._wire.send(welcome) or not await self._registers.introduce():
            return
        async with asyncio.TaskGroup() as group:
            beside = [group.create_task(self._push(heads))]
            if self._protocol >= ALLOWANCES_SINCE:
                beside.append(group.create_task(self._recall(recalls)))
            try:
                await self._read(group, links)
            finally:
                for task in beside:
                    task.cancel()
                self._stop_following()

    async def _push(self, heads: Subscription) -> None:
        while await self._wire.send(await heads.next()):
            pass

    async def _recall(self, recalls: asyncio.Queue[AllowanceRecall]) -> None:
        while await self._wire.send(await recalls.get()):
            pass

    async def _read(self, group: asyncio.TaskGroup, links: Links) -> None:
        ahead = ReadAhead(lambda: self._next(links), self._site_name, self._epoch)
        hearing = group.create_task(ahead.run())
        try:
            await self._answer(ahead, group, links)
        finally:
            hearing.cancel()

    async def _answer(self, ahead: ReadAhead, group: asyncio.TaskGroup, links: Links) -> None:
        going = True
        while going and (message := await ahead.next()) is not None:
            match message:
                case Beat():
                    going = await self._beat(message)
                case Arrival():
                    going = await self._take(message)
                case AllowanceAsk():
                    await self._grant(message, links)
                case Standing():
                    await self._hear_standing(message)
                case Registers():
                    await self._registers.take(message)
                case RegistersHave():
                    self._stop_following()
                    self._following = group.create_task(self._registers.follow(message))
                case Hello():
                    going = False

    async def _next(self, links: Links) -> AnyFromSite | None:
        """The next message; None also where the certificate ended without a renewal."""
        message = await self._wire.receive()
        until_ms = links.good_until_ms(self._site_name, self._epoch, self.until_ms)
        if self._ground.clock.wall_ms() <= until_ms:
            return message
        logger.warning("the certificate of site %s ended while it was here", self._site_name)
        return None

    async def _beat(self, beat: Beat) -> bool:
        refusal = self._entrance.objection()
        if refusal:
            await self._fence(refusal)
            return False
        await self._ground.ingest.beat()
        if beat.wall_ms is not None:
            self._hear_clock(beat.wall_ms)
        self._ground.site_says.hear(self._site_name, beat, self._ground.clock.wall_ms())
        return await self._wire.send(BeatAck(number=beat.number))

    def _hear_clock(self, wall_ms: int) -> None:
        uplinks = self._ground.ingest.uplinks
        uplinks.hear_clock(self._site_name, wall_ms, self._ground.clock.wall_ms())

    async def _hear_standing(self, said: Standing) -> None:
        self._ground.set_back.hear(self._site_name, said, self._ground.publisher.head())
        self._standing.take(said)
        await self._standing.book()

    async def _take(self, batch: Arrival) -> bool:
        received = await self._ground.ingest.take(self._site_name, self._epoch, batch)
        if received.fork is not None:
            await self._fence(received.fork)
            return False
        await self._standing.book()
        if received.apply:
            going = await self._wire.send(Ack(seq=received.apply[-1].seq))
        else:
            head = await self._ground.ingest.head(self._site_name, self._epoch)
            going = await self._wire.send(Ack(seq=head.seq))
        if received.gap_seq is not None:
            going = await self._wire.send(Gap(want_seq=received.gap_seq))
        return going

    async def _grant(self, message: AllowanceAsk, links: Links) -> None:
        answers = await grant_allowances(
            self._ground.directory, self._site_name, self._epoch, message.needs
        )
        for answer in answers:
            for holder in answer.holders if answer.short_micros else ():
                links.recall(holder, answer.payer, answer.short_micros)

    async def _fence(self, reason: str) -> None:
        await self._wire.send(Fence(reason=reason[:REASON_CHARS_MAX]))

    def _stop_following(self) -> None:
        if self._following is not None:
            self._following.cancel()
            self._following = None
