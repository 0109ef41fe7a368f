"""Grants grow in one place and shrink in the transaction that moves the watermark."""

import pytest
from sqlalchemy import update

from primary.errors import ConflictError, NotFoundError
from primary.service.grant_allowances import WRITTEN_OFF, grant_allowances, write_off
from primary.service.ingest import Ingest
from primary.service.project import read_facts
from primary.store import grants
from primary.store.directory import Directory
from primary.store.grants import SiteGrant
from primary.store.ledger import Ledger
from primary.testing import SiteJournal
from replication.entry_bodies import AllowanceReturned
from replication.messages import AllowanceNeed
from replication.ports import Micros
from replication.schema.directory import users
from replication.testing import ManualClock

ADA = "user:ada"
OPENING_MICROS = 10_000_000


async def granted(directory: Directory, site_name: str, want_micros: int, payer: str = ADA) -> int:
    """The site's grant, once it asked."""
    need = AllowanceNeed(payer=payer, want_micros=want_micros, usual_micros=0)
    await grant_allowances(directory, site_name, 1, [need])
    return at(directory, site_name, payer)


def at(directory: Directory, site_name: str, payer: str = ADA) -> int:
    with directory.read() as connection:
        return grants.shares(connection, payer).at(site_name)


async def test_a_site_gets_what_it_needs_and_a_stock(directory: Directory) -> None:
    assert await granted(directory, "oslo", 4_000_000) == 5_500_000
    assert await granted(directory, "oslo", 4_000_000) == 5_500_000
    assert await granted(directory, "lima", 0) == 1_125_000
    with directory.read() as connection:
        shares = grants.shares(connection, ADA)
    assert shares.grants == (
        SiteGrant(site_name="oslo", granted_micros=Micros(5_500_000)),
        SiteGrant(site_name="lima", granted_micros=Micros(1_125_000)),
    )
    assert shares.unassigned_micros == OPENING_MICROS - 6_625_000
    assert shares.over_granted_micros == 0


async def test_an_account_is_shared_out_too(directory: Directory) -> None:
    assert await granted(directory, "oslo", 7_000_000, "account:research") == 7_000_000


async def test_an_ask_that_changes_nothing_writes_nothing(directory: Directory) -> None:
    await granted(directory, "oslo", 0)
    commits: list[int] = []
    directory.on_commit = lambda: commits.append(1)
    await granted(directory, "oslo", 0)
    assert commits == []


async def test_nobody_gets_a_grant_who_needs_none(directory: Directory) -> None:
    await directory.write(lambda db: db.execute(update(users).values(restricted=False)))
    assert await granted(directory, "oslo", 1) == 0
    assert await granted(directory, "oslo", 1, "user:nobody") == 0


async def test_a_site_that_is_shut_out_or_was_replaced_gets_none(directory: Directory) -> None:
    await directory.fence("oslo", "cloned")
    assert await granted(directory, "oslo", 1) == 0
    await directory.new_epoch("lima")
    await directory.new_epoch("lima")
    assert await granted(directory, "lima", 1) == 0


async def test_who_holds_the_rest_is_named(directory: Directory) -> None:
    await granted(directory, "oslo", 8_000_000)
    need = AllowanceNeed(payer=ADA, want_micros=9_000_000, usual_micros=0)
    (answer,) = await grant_allowances(directory, "lima", 1, [need, need])
    assert answer.holders == ("oslo",)
    assert answer.more_micros == OPENING_MICROS - 8_500_000
    assert answer.short_micros == 9_000_000 - answer.more_micros


async def test_a_debit_comes_out_of_the_grant_of_its_site_only(
    directory: Directory, ingest: Ingest
) -> None:
    oslo, lima = await granted(directory, "oslo", 0), await granted(directory, "lima", 0)
    journal = SiteJournal("oslo")
    journal.printed("ada", 500_000)
    await ingest.receive("oslo", 1, journal.entries)
    await ingest.receive("oslo", 1, journal.entries)
    assert (at(directory, "oslo"), at(directory, "lima")) == (oslo - 500_000, lima)


async def test_a_debit_beyond_the_grant_takes_all_of_it_and_then_what_is_free(
    directory: Directory, ingest: Ingest
) -> None:
    lima = await granted(directory, "lima", 0)
    await granted(directory, "oslo", 0)
    journal = SiteJournal("oslo")
    journal.printed("ada", 9_000_000)
    await ingest.receive("oslo", 1, journal.entries)
    with directory.read() as connection:
        shares = grants.shares(connection, ADA)
    assert shares.grants == (SiteGrant(site_name="lima", granted_micros=Micros(lima)),)
    assert shares.over_granted_micros == lima - 1_000_000
    assert shares.unassigned_micros == 0


async def test_what_is_given_back_is_free_again_and_moves_no_money(
    directory: Directory, ingest: Ingest
) -> None:
    before = await granted(directory, "oslo", 0)
    journal = SiteJournal("oslo")
    journal.append(AllowanceReturned(payer=ADA, amount_micros=1_000))
    journal.append(AllowanceReturned(payer="user:nobody", amount_micros=1_000))
    await ingest.receive("oslo", 1, journal.entries)
    assert at(directory, "oslo") == before - 1_000
    assert directory.balance_micros(ADA) == OPENING_MICROS


async def test_what_was_given_back_before_a_crash_is_rolled_forward(
    directory: Directory, ledger: Ledger, clock: ManualClock
) -> None:
    before = await granted(directory, "oslo", 0)
    journal = SiteJournal("oslo")
    journal.append(AllowanceReturned(payer=ADA, amount_micros=1_000))
    journal.printed("ada", 500)
    await ledger.append(read_facts(journal.entries), now_ms=clock.wall_ms())

    ingest = Ingest(directory, ledger, clock)
    await ingest.roll_forward()
    await ingest.roll_forward()

    assert at(directory, "oslo") == before - 1_500
    assert directory.balance_micros(ADA) == OPENING_MICROS - 500


async def test_a_lost_site_is_written_off_only_for_the_sum_that_was_seen(
    directory: Directory,
) -> None:
    ada = await granted(directory, "oslo", 0)
    research = await granted(directory, "oslo", 0, "account:research")
    with pytest.raises(ConflictError, match=str(ada + research)):
        await write_off(directory, "oslo", ada)
    assert at(directory, "oslo") == ada

    freed = await write_off(directory, "oslo", ada + research)
    assert freed == {ADA: ada, "account:research": research}
    assert at(directory, "oslo") == 0
    site = directory.site("oslo")
    assert site is not None
    assert (site.state, site.state_reason) == ("fenced", WRITTEN_OFF)
    assert await granted(directory, "oslo", 1) == 0


async def test_a_site_that_nobody_knows_cannot_be_written_off(directory: Directory) -> None:
    with pytest.raises(NotFoundError):
        await write_off(directory, "atlantis", 0)
