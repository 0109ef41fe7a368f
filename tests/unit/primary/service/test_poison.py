"""Every way in which an entry can be poison, through the whole way in: from the wire to the ledger.

Behind each stands an honest entry, which must count.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from primary.service.ingest import Ingest
from primary.service.link_session import LinkGround
from primary.store.directory import FENCED, Directory
from primary.store.disputes import disputes
from primary.store.ledger import Ledger
from primary.testing import SiteJournal, job_uuid, printed
from replication.entry_bodies import (
    MONEY_MAX,
    AllowanceReturned,
    BalanceAdjusted,
    JobPrintedLate,
    movement,
)
from replication.entry_bounds import BATCH_CHARS_MAX
from replication.journal import Entry, canonical_json, hash_of
from replication.messages import Ack, Entries, Fence, parse_from_site
from replication.ports import WallMs
from tests.unit.primary.money import balances_of, entry_count, ledger_balances_of
from tests.unit.primary.service.one_session import batch, hello, said_after_welcome, session

GOOD = printed("ada", 100_000)
NOT_BY_HAND = BalanceAdjusted(payer="user:ada", amount_micros=5_000_000)
BEYOND_REPORTS_MS = 253_402_300_800_000


def with_body(**changes: object) -> str:
    return canonical_json({**GOOD.model_dump(mode="json"), **changes})


def late(printed_wall_ms: int) -> str:
    body = JobPrintedLate(**GOOD.model_dump(), printed_wall_ms=printed_wall_ms, reason="-")
    return canonical_json(body.model_dump(mode="json"))


POISON: dict[str, dict[str, object]] = {
    "unknown kind": {"kind": "job_teleported"},
    "endless kind": {"kind": "k" * 100_000},
    "empty kind": {"kind": ""},
    "newer version": {"version": 2},
    "absurd version": {"version": 2**63 - 1},
    "version zero": {"version": 0},
    "negative version": {"version": -(2**63)},
    "no JSON": {"body": "scribble"},
    "empty body": {"body": ""},
    "wrong shape": {"body": "[]"},
    "unknown field": {"body": with_body(colour="red")},
    "thousands of unknown fields": {
        "body": with_body(**{f"field{number}": 1 for number in range(1_000)})
    },
    "deep nesting": {"body": "[" * 20_000},
    "endless body": {"body": with_body(printer_name="p" * (BATCH_CHARS_MAX - 1_000))},
    "unknown payer": {"body": with_body(payer="user:nobody")},
    "payer of no kind": {"body": with_body(payer="ada")},
    "absurd amount": {"body": with_body(cost_micros=MONEY_MAX + 1)},
    "amount beyond 64 bits": {"body": with_body(cost_micros=2**70)},
    "thousand digits": {"body": with_body().replace("100000", "9" * 5_000)},
    "negative amount": {"body": with_body(cost_micros=-1)},
    "fraction of a micro": {"body": with_body(cost_micros=0.5)},
    "no number": {"body": with_body().replace("100000", "NaN")},
    "absurd pages": {"body": with_body(mono_pages=2**40)},
    "clock beyond all reports": {"wall_ms": BEYOND_REPORTS_MS},
    "clock at the end of time": {"wall_ms": 2**63 - 1},
    "clock before the year 1": {"wall_ms": -(2**63)},
    "printed beyond all reports": {"kind": "job_printed_late", "body": late(BEYOND_REPORTS_MS)},
    "money made by a site": {
        "kind": "balance_adjusted",
        "body": canonical_json(NOT_BY_HAND.model_dump(mode="json")),
    },
}


def poisoned(change: dict[str, object]) -> list[Entry]:
    """Two honest entries with poison between them, in one true chain."""
    journal = SiteJournal("oslo")
    first = journal.printed("ada", 100_000)
    bad = replace(journal.append(GOOD), **change)  # type: ignore[arg-type]
    bad = replace(bad, entry_hash=hash_of(bad))
    journal.head = bad.head
    return [first, bad, journal.printed("ada", 100_000)]


def on_the_wire(*entries: Entry) -> Entries:
    """As it comes in: JSON that was parsed and checked."""
    message = parse_from_site(batch(*entries).model_dump_json())
    assert isinstance(message, Entries)
    return message


@pytest.mark.parametrize("change", POISON.values(), ids=POISON.keys())
async def test_poison_is_disputed_and_the_channel_goes_on(
    ground: LinkGround, directory: Directory, ledger: Ledger, change: dict[str, object]
) -> None:
    entries = poisoned(change)
    async with session(ground) as wire:
        wire.put(hello(3), on_the_wire(*entries))
        assert await said_after_welcome(wire, 1) == [Ack(seq=3)]

    assert entry_count(ledger, "oslo") == 3
    assert balances_of(directory)["user:ada"] == 9_800_000 == ledger_balances_of(ledger)["user:ada"]
    with ledger.read() as connection:
        (dispute,) = disputes(connection, after=0, limit=10, with_settled=False)
    assert (dispute.site_name, dispute.epoch, dispute.seq) == ("oslo", 1, 2)
    assert 0 < len(dispute.disputed) <= 1_023
    assert dispute.body_chars == len(entries[1].body)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda entry: replace(entry, entry_hash="f" * 64),
        lambda entry: replace(entry, entry_hash="scribble"),
        lambda entry: replace(entry, body=with_body(cost_micros=1)),
        lambda entry: replace(entry, prev_hash="f" * 64),
    ],
    ids=["another hash", "no hash", "another body", "another past"],
)
async def test_a_wrong_hash_fences_the_site(
    ground: LinkGround, directory: Directory, spoil: Callable[[Entry], Entry]
) -> None:
    first, second, third = poisoned({})
    async with session(ground) as wire:
        wire.put(hello(3), on_the_wire(first, spoil(second), third))
        (said,) = await said_after_welcome(wire, 1)
    assert isinstance(said, Fence)
    site = directory.site("oslo")
    assert site is not None
    assert site.state == FENCED
    assert balances_of(directory)["user:ada"] == 9_900_000


@pytest.mark.parametrize("wall_ms", [0, -1_000_000, 1, 4_102_444_800_000], ids=str)
async def test_a_clock_that_is_merely_wrong_disputes_nothing(
    ingest: Ingest, directory: Directory, wall_ms: int
) -> None:
    entries = poisoned({"wall_ms": WallMs(wall_ms)})
    await ingest.receive("oslo", 1, entries)
    assert balances_of(directory)["user:ada"] == 9_700_000


async def test_what_is_given_back_of_nobodys_allowance_holds_up_nobody(
    ingest: Ingest, directory: Directory
) -> None:
    journal = SiteJournal("oslo")
    journal.append(AllowanceReturned(payer="user:nobody", amount_micros=1))
    journal.printed("ada", 100_000)
    await ingest.receive("oslo", 1, journal.entries)
    assert directory.watermark("oslo", 1).seq == 2
    assert balances_of(directory)["user:ada"] == 9_900_000


async def test_poison_that_comes_again_is_one_dispute(ingest: Ingest, ledger: Ledger) -> None:
    entries = poisoned({"kind": "job_teleported"})
    for _ in range(3):
        await ingest.receive("oslo", 1, entries)
    with ledger.read() as connection:
        assert len(disputes(connection, after=0, limit=10, with_settled=True)) == 1


def test_the_greatest_amount_is_far_from_the_end_of_64_bits() -> None:
    moved = movement(printed("ada", MONEY_MAX))
    assert moved is not None
    assert moved.payer == "user:ada"
    assert 9_000 * MONEY_MAX < 2**63
    assert job_uuid(1)
