"""Entries that come packed: taken like plain ones, if they are of this link's journal."""

from dataclasses import replace

import pytest

from primary.names import HEADQUARTERS
from primary.service.link_session import LinkGround
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from primary.testing import SiteJournal, printed
from replication.journal import Entry, hash_of
from replication.messages import Ack, Gap, PackedEntries
from replication.packed import pack
from tests.unit.primary.money import balances_of
from tests.unit.primary.service.one_session import hello, said_after_welcome, session


def journal_of(count: int) -> list[Entry]:
    journal = SiteJournal("oslo")
    return [journal.append(printed("ada", 100_000, number=number)) for number in range(count)]


async def test_a_packed_batch_is_in_ledger_and_balances_once_it_is_acknowledged(
    ground: LinkGround, directory: Directory, ledger: Ledger
) -> None:
    entries = journal_of(5)
    async with session(ground) as wire:
        wire.put(hello(5), pack(entries))
        assert await said_after_welcome(wire, 1) == [Ack(seq=5)]
    assert [ledger.entry("oslo", 1, seq) for seq in range(1, 6)] == entries
    assert balances_of(directory)["user:ada"] == 10_000_000 - 5 * 100_000


@pytest.mark.parametrize(("site_name", "epoch"), [("lima", 1), ("oslo", 2)])
async def test_a_batch_of_another_journal_ends_the_link_and_changes_nothing(
    ground: LinkGround,
    ledger: Ledger,
    site_name: str,
    epoch: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    *own, last = journal_of(3)
    foreign = replace(last, site_name=site_name, epoch=epoch)
    foreign = replace(foreign, entry_hash=hash_of(foreign))
    async with session(ground) as wire:
        wire.put(hello(3), pack([*own, foreign]))
    assert "entries of another journal" in caplog.text
    assert {head.site_name for head in ledger.journals()} <= {HEADQUARTERS}
    assert ground.directory.watermark("oslo", 1).seq == 0


async def test_what_is_no_batch_ends_the_link_with_what_is_wrong_with_it(
    ground: LinkGround, directory: Directory, caplog: pytest.LogCaptureFixture
) -> None:
    async with session(ground) as wire:
        wire.put(hello(3), PackedEntries(data=b"HFE1 and then nothing that unpacks"))
    assert "Packed entries cannot be unpacked" in caplog.text
    assert directory.watermark("oslo", 1).seq == 0


async def test_what_was_said_before_what_is_no_batch_counts(
    ground: LinkGround, directory: Directory, caplog: pytest.LogCaptureFixture
) -> None:
    first, second, third = journal_of(3)
    async with session(ground) as wire:
        wire.put(hello(3), pack([first]), pack([second, third]), PackedEntries(data=b"HFE1?"))
        assert await said_after_welcome(wire, 1) == [Ack(seq=3)]
    assert "Packed entries cannot be unpacked" in caplog.text
    assert directory.watermark("oslo", 1).seq == 3


async def test_of_a_batch_only_what_is_new_is_applied_and_a_gap_is_asked_for(
    ground: LinkGround, ledger: Ledger, directory: Directory
) -> None:
    entries = journal_of(6)
    async with session(ground) as wire:
        wire.put(hello(6), pack(entries[:2]), pack(entries[:4]), pack(entries[5:]))
        said = await said_after_welcome(wire, 2)
    assert said == [Ack(seq=4), Gap(want_seq=5)]
    assert [ledger.entry("oslo", 1, seq) for seq in range(1, 6)] == [*entries[:4], None]
    assert balances_of(directory)["user:ada"] == 10_000_000 - 4 * 100_000
