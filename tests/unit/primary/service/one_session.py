"""A session of the link that runs while a test does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from primary.service.link_session import LinkGround, LinkSession
from primary.service.links import Links
from primary.testing import PairedWire
from replication.journal import Entry
from replication.messages import (
    AnyFromPrimary,
    Entries,
    Hello,
)
from replication.wire_entry import WireEntry


def hello(journal_seq: int = 0) -> Hello:
    return Hello(site_name="oslo", epoch=1, journal_seq=journal_seq, wall_ms=0)


def batch(*entries: Entry) -> Entries:
    return Entries(entries=[WireEntry.of(entry) for entry in entries])


@asynccontextmanager
async def session(ground: LinkGround, links: Links | None = None) -> AsyncIterator[PairedWire]:
    """A session that runs while the test does."""
    wire = PairedWire()
    links = links or Links()
    serving = LinkSession(ground, wire, site_name="oslo", epoch=1)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        running = group.create_task(serving.run(links))
        yield wire
        wire.hang_up()
        await running
    assert not links.names() or links.names() == ["oslo"]


async def said_after_welcome(wire: PairedWire, count: int) -> list[AnyFromPrimary]:
    """What was said beyond the welcome and the registers' introduction."""
    return (await wire.wait_said(2 + count))[2:]
