import asyncio
from dataclasses import replace

import pytest

from primary.errors import NotFoundError, ProjectionError
from primary.service.ingest import Ingest
from primary.service.project import dispute_unknown, payers_of, read_facts
from primary.store.directory import FENCED, Directory
from primary.store.ledger import Ledger
from primary.testing import WALL_MS, SiteJournal
from replication.entry_bodies import BalanceAdjusted, Movement
from replication.journal import Entry, hash_of
from replication.ports import Micros
from replication.testing import ManualClock
from tests.unit.primary.money import balances_of, entry_count, ledger_balances_of


def signed_anew(entry: Entry) -> Entry:
    return replace(entry, entry_hash=hash_of(entry))


async def test_what_is_received_is_in_ledger_and_directory(
    ingest: Ingest, directory: Directory, ledger: Ledger
) -> None:
    journal = SiteJournal("oslo")
    journal.printed("ada", 150_000)
    journal.not_printed()
    journal.printed("grace", 40_000)

    received = await ingest.receive("oslo", 1, journal.entries)

    assert received.apply == tuple(journal.entries)
    assert directory.watermark("oslo", 1) == journal.head == ledger.head("oslo", 1)
    assert balances_of(directory)["user:ada"] == 9_850_000
    assert balances_of(directory)["user:grace"] == 960_000
    assert await ingest.head("oslo", 1) == journal.head


async def test_an_entry_sent_again_is_not_applied_twice(
    ingest: Ingest, directory: Directory, ledger: Ledger
) -> None:
    journal = SiteJournal("oslo")
    journal.printed("ada", 150_000)
    await ingest.receive("oslo", 1, journal.entries)
    journal.printed("ada", 50_000)

    for _ in range(3):
        await ingest.receive("oslo", 1, journal.entries)

    assert balances_of(directory)["user:ada"] == 9_800_000
    assert ledger_balances_of(ledger)["user:ada"] == 9_800_000
    assert entry_count(ledger, "oslo") == 2


async def test_a_gap_is_asked_for_and_nothing_beyond_it_counts(
    ingest: Ingest, directory: Directory
) -> None:
    journal = SiteJournal("oslo")
    for _ in range(4):
        journal.printed("ada", 100_000)
    await ingest.receive("oslo", 1, journal.entries[:1])

    received = await ingest.receive("oslo", 1, journal.entries[2:])

    assert received.gap_seq == 2
    assert received.apply == ()
    assert balances_of(directory)["user:ada"] == 9_900_000


async def test_a_fork_fences_the_site_and_keeps_what_came_before_it(
    ingest: Ingest, directory: Directory
) -> None:
    journal, clone = SiteJournal("oslo"), SiteJournal("oslo")
    journal.printed("ada", 100_000)
    clone.printed("ada", 200_000)
    await ingest.receive("oslo", 1, journal.entries)
    clone.printed("ada", 300_000)

    received = await ingest.receive("oslo", 1, clone.entries)

    site = directory.site("oslo")
    assert site is not None
    assert received.fork == site.state_reason
    assert site.state == FENCED
    assert balances_of(directory)["user:ada"] == 9_900_000


async def test_a_fenced_site_is_refused_until_it_joins_with_a_new_epoch(
    ingest: Ingest, directory: Directory
) -> None:
    await directory.fence("oslo", "cloned")
    journal = SiteJournal("oslo")
    journal.printed("ada", 100_000)

    refused = await ingest.receive("oslo", 1, journal.entries)
    epoch = await directory.new_epoch("oslo")
    anew = SiteJournal("oslo", epoch)
    anew.printed("ada", 100_000)
    received = await ingest.receive("oslo", epoch, anew.entries)

    assert refused.fork == "cloned"
    assert refused.apply == ()
    assert received.apply == tuple(anew.entries)


async def test_a_damaged_entry_is_a_fork_and_moves_nothing(
    ingest: Ingest, directory: Directory
) -> None:
    entry = SiteJournal("oslo").printed("ada", 100_000)
    before = balances_of(directory)

    received = await ingest.receive("oslo", 1, [replace(entry, body=entry.body + " ")])

    assert received.fork is not None
    assert balances_of(directory) == before


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"body": '{"not":"this"}'}, "not as its kind promises"),
        ({"body": "no json"}, "not as its kind promises"),
        ({"kind": "job_levitated"}, "does not know the entry kind"),
        ({"version": 2}, "newer than this primary"),
    ],
)
async def test_a_disputed_entry_does_not_stop_the_channel(
    ingest: Ingest, directory: Directory, ledger: Ledger, change: dict[str, str], why: str
) -> None:
    journal = SiteJournal("oslo")
    good = journal.printed("ada", 100_000)
    bad = signed_anew(replace(journal.printed("ada", 100_000), **change))  # type: ignore[arg-type]
    journal.head = bad.head
    after = journal.printed("ada", 100_000)

    received = await ingest.receive("oslo", 1, [good, bad, after])

    assert received.apply == (good, bad, after)
    assert balances_of(directory)["user:ada"] == 9_800_000
    assert directory.watermark("oslo", 1).seq == 3
    assert why in disputes(ledger)[2]


async def test_an_unknown_payer_is_disputed_and_nobody_pays(
    ingest: Ingest, directory: Directory, ledger: Ledger
) -> None:
    journal = SiteJournal("oslo")
    journal.printed("nobody", 100_000)
    before = balances_of(directory)

    await ingest.receive("oslo", 1, journal.entries)

    assert balances_of(directory) == before
    assert disputes(ledger) == {1: "Nobody knows the payer user:nobody."}


async def test_a_site_cannot_give_anybody_money(
    ingest: Ingest, directory: Directory, ledger: Ledger
) -> None:
    journal = SiteJournal("oslo")
    journal.append(BalanceAdjusted(payer="user:ada", amount_micros=10**9))
    before = balances_of(directory)

    await ingest.receive("oslo", 1, journal.entries)

    assert balances_of(directory) == before
    assert disputes(ledger) == {1: "Only headquarters changes a balance by hand."}


async def test_a_site_that_headquarters_does_not_know_is_an_error(ingest: Ingest) -> None:
    entry = SiteJournal("rome").printed("ada", 100_000)

    with pytest.raises(NotFoundError, match="rome"):
        await ingest.receive("rome", 1, [entry])


async def test_a_crash_between_ledger_and_directory_is_made_good_at_start(
    ingest: Ingest, directory: Directory, ledger: Ledger
) -> None:
    journal = SiteJournal("oslo")
    journal.printed("ada", 100_000)
    await ingest.receive("oslo", 1, journal.entries)
    journal.printed("ada", 200_000)
    journal.printed("nobody", 400_000)
    facts = read_facts(journal.entries[1:])
    await ledger.append(
        dispute_unknown(facts, directory.known_payers(payers_of(facts))), now_ms=WALL_MS
    )
    assert balances_of(directory)["user:ada"] == 9_900_000

    await Ingest(directory, ledger, ManualClock()).roll_forward()

    assert balances_of(directory)["user:ada"] == 9_700_000
    assert directory.watermark("oslo", 1) == journal.head


async def test_what_only_the_ledger_has_is_made_good_before_the_next_batch(
    ingest: Ingest, directory: Directory, ledger: Ledger
) -> None:
    journal = SiteJournal("oslo")
    journal.printed("ada", 100_000)
    await ledger.append(read_facts(journal.entries), now_ms=WALL_MS)
    journal.printed("ada", 200_000)

    received = await ingest.receive("oslo", 1, journal.entries)

    assert [entry.seq for entry in received.apply] == [2]
    assert balances_of(directory)["user:ada"] == 9_700_000


async def test_money_for_nobody_moves_nothing_at_all(directory: Directory) -> None:
    head = SiteJournal("oslo").printed("ada", 1).head
    before = balances_of(directory)
    moved = [
        (1, Movement(payer="user:ada", amount_micros=Micros(-1))),
        (1, Movement(payer="user:nobody", amount_micros=Micros(-1))),
    ]

    with pytest.raises(ProjectionError):
        await directory.project(head, moved)

    assert balances_of(directory) == before
    assert directory.watermark("oslo", 1).seq == 0


async def test_sites_are_taken_side_by_side_and_one_site_in_order(
    ingest: Ingest, directory: Directory
) -> None:
    journals = [SiteJournal("oslo"), SiteJournal("lima")]
    for journal in journals:
        for _ in range(20):
            journal.printed("ada", 1_000)

    async with asyncio.TaskGroup() as group:
        for journal in journals:
            for first in range(0, 20, 5):
                batch = journal.entries[first : first + 5]
                group.create_task(ingest.receive(journal.head.site_name, 1, batch))

    assert balances_of(directory)["user:ada"] == 9_960_000


async def test_a_beat_goes_through_both_writers_and_changes_nothing(
    ingest: Ingest, directory: Directory
) -> None:
    commits: list[int] = []
    directory.on_commit = lambda: commits.append(1)

    await ingest.beat()

    assert commits == []


def disputes(ledger: Ledger) -> dict[int, str]:
    with ledger.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT seq, disputed FROM entries WHERE site_name = 'oslo' AND disputed != ''"
        )
        return {row[0]: row[1] for row in rows}
