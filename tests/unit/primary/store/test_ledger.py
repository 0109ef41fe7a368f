import asyncio

from primary.service.project import read_facts
from primary.store.ledger import Ledger
from primary.testing import WALL_MS, SiteJournal
from replication.ports import WallMs
from tests.unit.primary.money import ledger_balances_of


async def test_appending_again_changes_nothing(ledger: Ledger) -> None:
    journal = SiteJournal("oslo")
    journal.printed("ada", 100)
    await ledger.append(read_facts(journal.entries), now_ms=WALL_MS)
    before = ledger_balances_of(ledger)["user:ada"]
    journal.printed("ada", 200)

    for _ in range(2):
        await ledger.append(read_facts(journal.entries), now_ms=WALL_MS)

    assert ledger_balances_of(ledger)["user:ada"] == before - 200
    assert ledger.head("oslo", 1) == journal.head
    assert ledger.entry("oslo", 1, 2) == journal.entries[1]


async def test_each_journal_has_a_head_of_its_own(ledger: Ledger) -> None:
    first, second = SiteJournal("oslo"), SiteJournal("oslo", epoch=2)
    first.printed("ada", 1)
    second.not_printed()
    for journal in (first, second):
        await ledger.append(read_facts(journal.entries), now_ms=WALL_MS)

    heads = {(head.site_name, head.epoch): head for head in ledger.journals()}

    assert heads["oslo", 1] == first.head
    assert heads["oslo", 2] == second.head
    assert heads["primary", 1].seq == 3
    assert ledger.head("lima", 1).seq == 0


async def test_movements_beyond_a_watermark_come_in_order(ledger: Ledger) -> None:
    journal = SiteJournal("oslo")
    for cost_micros in (1, 2, 3):
        journal.printed("ada", cost_micros)
    await ledger.append(read_facts(journal.entries), now_ms=WALL_MS)

    beyond = ledger.movements_beyond(journal.entries[0].head)

    assert [(seq, movement.amount_micros) for seq, movement in beyond] == [(2, -2), (3, -3)]


async def test_a_request_is_remembered_with_what_it_came_to(ledger: Ledger) -> None:
    entry = SiteJournal("oslo").printed("ada", 1)

    await ledger.append(read_facts([entry]), now_ms=WALL_MS, request_id="r1")

    assert ledger.requested("r1") == entry
    assert ledger.requested("r2") is None


async def test_a_join_token_is_good_once(ledger: Ledger) -> None:
    await ledger.record_join_token("abc", "oslo", WallMs(2_000))

    async with asyncio.TaskGroup() as group:
        tries = [group.create_task(ledger.use_join_token("abc", WallMs(1_000))) for _ in range(4)]

    assert sorted(each.result() for each in tries) == [False, False, False, True]


async def test_a_join_token_that_is_too_old_or_unknown_is_refused(ledger: Ledger) -> None:
    await ledger.record_join_token("abc", "oslo", WallMs(2_000))

    assert not await ledger.use_join_token("abc", WallMs(2_000))
    assert not await ledger.use_join_token("def", WallMs(1_000))
    assert await ledger.use_join_token("abc", WallMs(1_999))
