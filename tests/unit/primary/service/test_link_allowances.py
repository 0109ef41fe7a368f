"""Asks and recalls on the link, and ends of different age."""

from primary.service.link_session import LinkGround
from primary.service.links import RECALLS_MAX, Links
from primary.store import grants
from primary.testing import PairedWire, SiteJournal
from replication.messages import (
    ALLOWANCES_SINCE,
    Ack,
    AllowanceAsk,
    AllowanceNeed,
    AllowanceRecall,
    Beat,
    BeatAck,
    Welcome,
)
from tests.unit.primary.service.one_session import batch, hello, said_after_welcome, session

ADA = "user:ada"


def ask(want_micros: int) -> AllowanceAsk:
    return AllowanceAsk(needs=[AllowanceNeed(payer=ADA, want_micros=want_micros, usual_micros=0)])


def granted(ground: LinkGround, site_name: str = "oslo") -> int:
    with ground.directory.read() as connection:
        return grants.shares(connection, ADA).at(site_name)


async def test_an_ask_is_answered_by_the_directory_alone(ground: LinkGround) -> None:
    async with session(ground) as wire:
        wire.put(hello(), ask(4_000_000), Beat(number=1))
        assert await said_after_welcome(wire, 1) == [BeatAck(number=1)]
        assert granted(ground) == 5_500_000


async def test_an_ask_counts_what_was_handed_in_before_it(ground: LinkGround) -> None:
    journal = SiteJournal("oslo")
    async with session(ground) as wire:
        wire.put(hello(journal_seq=1), batch(journal.printed("ada", 10_000_000)), ask(1))
        wire.put(Beat(number=1))
        assert await said_after_welcome(wire, 2) == [Ack(seq=1), BeatAck(number=1)]
        assert granted(ground) == 0


async def test_who_holds_what_another_needs_is_asked_for_it(ground: LinkGround) -> None:
    links, lima = Links(), PairedWire()
    recalls = links.add("lima", lima)
    need = AllowanceNeed(payer=ADA, want_micros=9_000_000, usual_micros=0)
    await ground.directory.write(
        lambda db: grants.raise_grants(db, "lima", grants.answers(db, "lima", 1, [need]))
    )
    async with session(ground, links) as wire:
        wire.put(hello(), ask(3_000_000), Beat(number=1))
        await said_after_welcome(wire, 1)
        assert recalls.get_nowait() == AllowanceRecall(payer=ADA, amount_micros=2_250_000)
        links.remove("lima", lima)
        wire.put(ask(3_000_000), Beat(number=2))
        await said_after_welcome(wire, 2)
        assert recalls.empty()


async def test_a_recall_goes_out_on_the_session_of_its_site(ground: LinkGround) -> None:
    links = Links()
    async with session(ground, links) as wire:
        wire.put(hello())
        await wire.wait_said(2)
        links.recall("oslo", ADA, 5)
        assert await said_after_welcome(wire, 1) == [AllowanceRecall(payer=ADA, amount_micros=5)]


async def test_nobody_waits_for_a_site_that_hears_no_recalls() -> None:
    links = Links()
    recalls = links.add("oslo", PairedWire())
    for _ in range(RECALLS_MAX + 10):
        links.recall("oslo", ADA, 5)
    assert recalls.qsize() == RECALLS_MAX
    links.recall("atlantis", ADA, 5)


async def test_a_site_one_version_behind_hears_nothing_that_it_does_not_know(
    ground: LinkGround,
) -> None:
    links = Links()
    older = ALLOWANCES_SINCE - 1
    async with session(ground, links) as wire:
        wire.put(hello().model_copy(update={"protocol": older}))
        welcome, *_ = await wire.wait_said(2)
        assert isinstance(welcome, Welcome)
        assert welcome.protocol == older
        links.recall("oslo", ADA, 5)
        wire.put(Beat(number=1))
        assert await said_after_welcome(wire, 1) == [BeatAck(number=1)]
