"""After a restore nothing is granted until every site has said what it holds."""

import pytest

from primary.service.begin_anew import begin_anew
from primary.service.grant_allowances import grant_allowances, write_off
from primary.service.link_session import LinkGround, LinkSession
from primary.service.links import Links
from primary.store import grants
from primary.store.directory import Directory
from primary.testing import PairedWire, SiteJournal
from replication.messages import (
    Ack,
    AllowanceNeed,
    Beat,
    BeatAck,
    HeldAllowance,
    Standing,
    Welcome,
)
from replication.ports import WallMs
from tests.unit.primary.service.one_session import batch, hello, said_after_welcome, session

ADA = "user:ada"
NOW_MS = WallMs(1_800_000_000_000)
NEED = AllowanceNeed(payer=ADA, want_micros=1_000, usual_micros=0)


@pytest.fixture
async def restored(directory: Directory) -> Directory:
    for name in ("oslo", "lima"):
        await directory.new_epoch(name)
    directory.write_now(lambda connection: begin_anew(connection, NOW_MS))
    return directory


def said(journal_seq: int, left_micros: int, *, is_last: bool = True) -> Standing:
    return Standing(
        lineage="a" * 32,
        txid=1,
        journal_seq=journal_seq,
        held=[HeldAllowance(payer=ADA, left_micros=left_micros)],
        is_last=is_last,
    )


def granted(directory: Directory, site_name: str = "oslo") -> int:
    with directory.read() as connection:
        return grants.shares(connection, ADA).at(site_name)


async def test_what_a_site_holds_is_booked_before_anything_is_granted(
    restored: Directory, ground: LinkGround
) -> None:
    assert await grant_allowances(restored, "oslo", 1, [NEED]) == []
    async with session(ground) as wire:
        wire.put(hello().model_copy(update={"uplink": 3}), said(0, 700), Beat(number=1))
        assert await said_after_welcome(wire, 1) == [BeatAck(number=1)]
        welcome = (await wire.wait_said(1))[0]
        assert isinstance(welcome, Welcome)
        assert welcome.wants_standing
    assert (granted(restored), restored.unheard()) == (700, ("lima",))
    assert await grant_allowances(restored, "oslo", 1, [NEED]) == []
    await write_off(restored, "lima", 0)
    assert restored.unheard() == ()
    assert (await grant_allowances(restored, "oslo", 1, [NEED]))[0].more_micros > 0


async def test_a_word_waits_for_the_journal_and_later_debits_come_off_it(
    restored: Directory, ground: LinkGround
) -> None:
    journal = SiteJournal("oslo")
    entries = [journal.printed("ada", 100) for _ in range(3)]
    async with session(ground) as wire:
        wire.put(hello(3).model_copy(update={"uplink": 3}), said(2, 1_000), Beat(number=1))
        await said_after_welcome(wire, 1)
        assert "oslo" in restored.unheard()
        wire.put(batch(*entries))
        assert (await said_after_welcome(wire, 2))[1:] == [Ack(seq=3)]
    assert "oslo" not in restored.unheard()
    assert granted(restored) == 900


async def test_half_a_word_books_nothing(restored: Directory, ground: LinkGround) -> None:
    async with session(ground) as wire:
        wire.put(hello().model_copy(update={"uplink": 3}), said(0, 5, is_last=False))
        wire.put(Beat(number=1))
        await said_after_welcome(wire, 1)
    assert granted(restored) == 0
    assert "oslo" in restored.unheard()


async def test_a_site_that_joins_anew_is_waited_for_no_more(restored: Directory) -> None:
    epoch = await restored.new_epoch("lima")
    assert restored.unheard() == ("oslo",)
    assert epoch > 100_000_000


async def test_an_epoch_that_the_backup_does_not_know_is_learned(
    directory: Directory, ground: LinkGround
) -> None:
    async with session(ground) as wire:  # with a certificate of epoch 1, of which nobody knows here
        wire.put(hello(), Beat(number=1))
        await said_after_welcome(wire, 1)
    assert await directory.new_epoch("oslo") == 2


async def test_a_site_that_is_ahead_of_headquarters_is_told_of(ground: LinkGround) -> None:
    head = ground.publisher.head().model_copy(update={"txid": 5})
    ahead = said(0, 0).model_copy(update={"lineage": head.lineage, "txid": 9})
    ground.set_back.hear("oslo", said(0, 0), head)
    assert ground.set_back.problem == ""
    ground.set_back.hear("oslo", ahead, head)
    assert "restore --here" in ground.set_back.problem


async def test_a_site_of_ours_that_is_unknown_here_holds_up_grants(
    restored: Directory, ground: LinkGround
) -> None:
    wire = PairedWire()
    unknown = hello().model_copy(update={"site_name": "rome"})
    wire.put(unknown)
    await LinkSession(ground, wire, site_name="rome", epoch=1).run(Links())
    assert "rome" in restored.unheard()
