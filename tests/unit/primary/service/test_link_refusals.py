"""Whom the link refuses, and what it tells them."""

import pytest

from primary.service.link_session import LinkGround
from primary.service.links import Links
from primary.testing import SiteJournal
from replication.messages import (
    Beat,
    BeatAck,
    Fence,
)
from tests.unit.primary.money import balances_of
from tests.unit.primary.service.one_session import batch, hello, said_after_welcome, session


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"site_name": "lima"}, "certificate of site oslo"),
        ({"epoch": 2}, "not of site oslo, epoch 2"),
        ({"protocol": 99}, "protocol 99"),
    ],
)
async def test_who_says_to_be_another_or_speaks_another_protocol_is_refused(
    ground: LinkGround, wrong: dict[str, object], reason: str
) -> None:
    async with session(ground) as wire:
        wire.put(hello().model_copy(update=wrong))
        (fence,) = await wire.wait_said(1)
        assert isinstance(fence, Fence)
        assert reason in fence.reason


async def test_a_fenced_site_is_told_why(ground: LinkGround) -> None:
    await ground.directory.fence("oslo", "cloned disk")
    async with session(ground) as wire:
        wire.put(hello())
        assert await wire.wait_said(1) == [Fence(reason="cloned disk")]


async def test_a_refusal_is_logged_once_however_often_the_site_calls(
    ground: LinkGround, caplog: pytest.LogCaptureFixture
) -> None:
    await ground.directory.fence("oslo", "cloned disk")
    links = Links()
    for _ in range(3):
        async with session(ground, links) as wire:
            wire.put(hello())
            await wire.wait_said(1)
    assert caplog.text.count("is refused: cloned disk") == 1


async def test_an_installation_that_was_replaced_is_told_so(ground: LinkGround) -> None:
    await ground.directory.new_epoch("oslo")
    await ground.directory.new_epoch("oslo")
    async with session(ground) as wire:
        wire.put(hello())
        (fence,) = await wire.wait_said(1)
        assert isinstance(fence, Fence)
        assert "installed anew" in fence.reason


async def test_a_journal_that_is_shorter_than_what_is_here_fences_the_site(
    ground: LinkGround,
) -> None:
    journal = SiteJournal("oslo")
    journal.printed("ada", 1)
    journal.printed("ada", 1)
    await ground.ingest.receive("oslo", 1, journal.entries)
    async with session(ground) as wire:
        wire.put(hello(journal_seq=1))
        (fence,) = await wire.wait_said(1)
    site = ground.directory.site("oslo")
    assert isinstance(fence, Fence)
    assert "rolled back" in fence.reason
    assert site is not None
    assert (site.state, site.state_reason) == ("fenced", fence.reason)


async def test_a_fork_ends_the_session_and_moves_no_money(ground: LinkGround) -> None:
    journal, clone = SiteJournal("oslo"), SiteJournal("oslo")
    journal.printed("ada", 10)
    await ground.ingest.receive("oslo", 1, journal.entries)
    before = balances_of(ground.directory)
    async with session(ground) as wire:
        wire.put(hello(journal_seq=2))
        wire.put(batch(clone.printed("ada", 99), clone.printed("ada", 99)))
        (fence,) = await said_after_welcome(wire, 1)
        assert isinstance(fence, Fence)
    assert balances_of(ground.directory) == before


async def test_a_site_fenced_by_a_person_hears_it_at_its_next_beat(ground: LinkGround) -> None:
    async with session(ground) as wire:
        wire.put(hello(), Beat(number=1))
        assert await said_after_welcome(wire, 1) == [BeatAck(number=1)]
        await ground.directory.fence("oslo", "a person")
        wire.put(Beat(number=2))
        assert (await said_after_welcome(wire, 2))[-1] == Fence(reason="a person")


async def test_who_does_not_begin_with_hello_is_not_answered(ground: LinkGround) -> None:
    async with session(ground) as wire:
        wire.put(Beat(number=1))
    assert wire.said == []


async def test_a_second_hello_ends_the_session(ground: LinkGround) -> None:
    links = Links()
    async with session(ground, links) as wire:
        wire.put(hello(), hello())
    assert links.names() == []
