"""A site that calls as another copy of the one that called before."""

import pytest

from primary.service.link_session import LinkGround
from primary.service.watch_starts import WatchStarts
from primary.store.ledger import Ledger
from replication.messages import Fence, Hello, Welcome
from tests.unit.primary.service.one_session import hello, session


def nonce(number: int) -> str:
    return f"{number:032x}"


def calls(start: int, instance: int, *former: int, epoch: int = 1) -> Hello:
    """The hello of a site at that start; nonces are numbers here."""
    said = {"start": start, "instance": nonce(instance), "former": list(map(nonce, former))}
    return hello().model_copy(update={**said, "epoch": epoch})


@pytest.fixture
def starts(ledger: Ledger) -> WatchStarts:
    return WatchStarts(ledger)


async def test_restarts_and_calls_that_are_repeated_are_let_in(starts: WatchStarts) -> None:
    for told in (calls(1, 11), calls(1, 11), calls(4, 14, 13, 12, 11), calls(5, 15, 14, 13)):
        assert await starts.objection(told) == ""


async def test_a_copy_is_refused_also_by_a_headquarters_that_was_restarted(
    starts: WatchStarts, ledger: Ledger
) -> None:
    await starts.objection(calls(2, 12, 11))
    assert "started twice" in await starts.objection(calls(2, 99, 11))
    assert "start 3" in await WatchStarts(ledger).objection(calls(3, 98, 99, 11))
    assert await WatchStarts(ledger).objection(calls(3, 13, 12, 11)) == ""


async def test_another_epoch_begins_anew_and_an_older_site_says_nothing(
    starts: WatchStarts,
) -> None:
    await starts.objection(calls(5, 15))
    assert await starts.objection(calls(1, 21, epoch=2)) == ""
    assert await starts.objection(hello()) == ""


async def test_a_clone_is_fenced_with_its_first_word_and_so_is_the_site(
    ground: LinkGround,
) -> None:
    async with session(ground) as wire:
        wire.put(calls(1, 11))
        assert isinstance((await wire.wait_said(1))[0], Welcome)
        async with session(ground) as clones:
            clones.put(calls(1, 12))
            (fence,) = await clones.wait_said(1)
    assert isinstance(fence, Fence)
    row = ground.directory.site("oslo")
    assert row is not None
    assert (row.state, row.state_reason) == ("fenced", fence.reason)
