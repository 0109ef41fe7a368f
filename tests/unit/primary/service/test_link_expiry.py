"""A link that outlives the certificate it came in with."""

import pytest

from primary.service.link_session import LinkGround, LinkSession
from primary.service.links import Links
from primary.testing import PairedWire, SiteJournal
from replication.messages import Beat, BeatAck
from replication.testing import ManualClock
from tests.unit.primary.money import balances_of
from tests.unit.primary.service.one_session import batch, hello

DAY_MS = 86_400_000


@pytest.mark.timeout(20)
async def test_without_a_renewal_nothing_more_is_taken(
    ground: LinkGround, clock: ManualClock
) -> None:
    wire, journal = PairedWire(), SiteJournal("oslo")
    session = LinkSession(ground, wire, site_name="oslo", epoch=1)
    session.until_ms = clock.wall_ms() + DAY_MS
    before = balances_of(ground.directory)
    clock.advance(DAY_MS + 1)
    wire.put(hello(journal_seq=1), batch(journal.printed("ada", 100)))
    await session.run(Links())
    assert len(wire.said) == 2  # the welcome and the registers' introduction
    assert balances_of(ground.directory) == before


@pytest.mark.timeout(20)
async def test_one_that_was_renewed_goes_on_without_a_new_call(
    ground: LinkGround, clock: ManualClock
) -> None:
    wire, links = PairedWire(), Links()
    session = LinkSession(ground, wire, site_name="oslo", epoch=1)
    session.until_ms = clock.wall_ms() + DAY_MS
    links.renewed("oslo", 1, clock.wall_ms() + 30 * DAY_MS)
    clock.advance(10 * DAY_MS)
    wire.put(hello(), Beat(number=1))
    wire.hang_up()
    await session.run(links)
    assert wire.said[-1] == BeatAck(number=1)
