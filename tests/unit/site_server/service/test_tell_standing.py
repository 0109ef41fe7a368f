"""A site says what it may still spend alone, when headquarters has forgotten it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from failure_modes.vocabulary import Micros
from replication.entry_bodies import AllowanceReturned, CopyFinished
from replication.messages import HeldAllowance, Standing, Welcome
from replication.ports import WallMs
from replication.position import Position
from replication.schema import directory as schema
from replication.testing import ManualClock, RecordingLink
from site_server.service.tell_standing import TellStanding
from site_server.store.directory import Directory
from site_server.store.site_store import SiteStore
from tests.unit.site_server.a_site import SITE, replica_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from site_server.store.unit_of_work import UnitOfWork

ADA, BOB = "user:ada", "user:bob"
LINEAGE = "a" * 32


class Telling:
    def __init__(self, folder: Path) -> None:
        self.replica = replica_in(folder)
        self.store = SiteStore(folder / "site.db", site_name=SITE, epoch=1, clock=ManualClock())
        self.link = RecordingLink()
        self.telling = TellStanding(
            store=self.store,
            directory=Directory(self.replica, SITE),
            link=self.link,
            position=lambda: Position(lineage=LINEAGE, txid=7),
        )

    def granted(self, payer: str, micros: int) -> None:
        row = {"payer": payer, "site_name": SITE, "granted_micros": micros}
        self.replica.put(schema.allowances, **row)

    async def told(self, **welcome: object) -> list[Standing]:
        given = {"lineage": "b" * 32, "txid": 1, "watermark_seq": 0, "wall_ms": 0, "uplink": 3}
        await self.telling.up(Welcome.model_validate(given | welcome))
        return [each for each in self.link.sent if isinstance(each, Standing)]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Telling]:
    made = Telling(tmp_path)
    yield made
    made.store.close()
    made.replica.close()


async def test_nothing_is_said_unasked(site: Telling) -> None:
    site.granted(ADA, 1_000)
    assert await site.told() == []
    assert await site.told(uplink=2, wants_standing=True) == []


async def test_what_is_left_counts_beyond_the_journal_so_far(site: Telling) -> None:
    site.granted(ADA, 1_000)
    site.granted(BOB, 50)

    def work(unit: UnitOfWork) -> None:
        unit.journal.append(
            CopyFinished(
                copy_uuid="00000000-0000-0000-0000-000000000001",
                user_name="ada",
                printer_name="laser",
                payer=ADA,
                cost_micros=300,
                mono_pages=1,
                colour_pages=0,
            )
        )
        unit.journal.append(AllowanceReturned(payer=ADA, amount_micros=200))
        unit.reservations.open("job", BOB, Micros(80), WallMs(0))  # more than its grant

    await site.store.write(work)
    (said,) = await site.told(wants_standing=True)
    assert (said.lineage, said.txid, said.journal_seq) == (LINEAGE, 7, 2)
    assert said.held == [
        HeldAllowance(payer=ADA, left_micros=500),
        HeldAllowance(payer=BOB, left_micros=80),
    ]


async def test_a_site_that_holds_nothing_says_that(site: Telling) -> None:
    (said,) = await site.told(wants_standing=True)
    assert (said.held, said.is_last) == ([], True)


async def test_a_site_that_is_ahead_of_headquarters_says_so(site: Telling) -> None:
    assert await site.told(lineage=LINEAGE, txid=7) == []
    (said,) = await site.told(lineage=LINEAGE, txid=6)
    assert said.txid == 7
