"""Promise 6: under `strict` all sites together never spend more than the credit.

Three sites and headquarters on real stores (`allowance_world`), and any order of spending, asking,
giving back, uploads, replicas that come late or are set back, cuts, credits and restarts.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from site_server.service.keep_allowances import TRIES
from tests.integration.allowance_organisation import (
    ADA,
    OPENING_MICROS,
    PAGE_MICROS,
    PAYERS,
    RESEARCH,
    SITES,
)
from tests.integration.allowance_world import World

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")
DAY_MS = 24 * 3_600_000
SITE = st.sampled_from(SITES)
PAYER = st.sampled_from(PAYERS)


class Partitions(RuleBasedStateMachine):
    """Any order of anything."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.world = World(Path(self.folder.name))
        self.run(self.world.start())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @initialize()
    def everybody_has_been_everywhere(self) -> None:
        for site in self.world.sites.values():
            for payer in PAYERS:
                assert not self.run(site.start_copies(40, payer))
            self.run(site.keep.once())
            site.replicate()

    @rule(name=SITE, payer=PAYER, pages=st.integers(1, 60))
    def somebody_begins_to_copy(self, name: str, payer: str, pages: int) -> None:
        self.run(self.world.sites[name].start_copies(pages, payer))

    @rule(name=SITE, payer=PAYER)
    def somebody_copies_all_they_may(self, name: str, payer: str) -> None:
        site = self.world.sites[name]
        pages = max(site.left_micros(payer) // PAGE_MICROS, 0)
        assert not self.run(site.start_copies(pages + 1, payer))
        if pages and self.run(site.start_copies(pages, payer)):
            self.run(site.finish_copies())

    @rule(name=SITE, payer=PAYER, pages=st.integers(60, 200))
    def somebody_insists(self, name: str, payer: str, pages: int) -> None:
        site = self.world.sites[name]
        if not self.run(site.start_copies(pages, payer)):
            self.run(site.keep.once())
            for other in self.world.sites.values():
                self.run(other.keep.once())

    @rule(name=SITE)
    def all_goes_well_for_a_while(self, name: str) -> None:
        site = self.world.sites[name]
        self.run(site.upload())
        self.run(site.keep.once())
        site.replicate()

    @rule(name=SITE, share=st.sampled_from((0.0, 0.5, 1.0)))
    def a_copier_stops(self, name: str, share: float) -> None:
        if self.world.sites[name].open_copies:
            self.run(self.world.sites[name].finish_copies(share))

    @rule(name=SITE)
    def a_site_asks_and_gives_back(self, name: str) -> None:
        self.run(self.world.sites[name].keep.once())

    @rule(name=SITE, entries_max=st.integers(1, 20))
    def entries_go_up(self, name: str, entries_max: int) -> None:
        self.run(self.world.sites[name].upload(entries_max))

    @rule(name=SITE)
    def the_directory_comes_down(self, name: str) -> None:
        self.world.sites[name].replicate()

    @rule(name=SITE)
    def a_replica_is_set_back(self, name: str) -> None:
        self.world.sites[name].set_back()

    @rule(name=SITE)
    def a_wan_is_cut(self, name: str) -> None:
        self.world.sites[name].cut()

    @rule(name=SITE)
    def a_wan_heals(self, name: str) -> None:
        self.run(self.world.sites[name].heal())

    @rule(payer=PAYER, pages=st.integers(1, 50))
    def headquarters_gives_credit(self, payer: str, pages: int) -> None:
        self.run(self.world.adjust(payer, pages * PAGE_MICROS))

    @rule(payer=PAYER, pages=st.integers(1, 50))
    def headquarters_takes_what_nobody_holds(self, payer: str, pages: int) -> None:
        free_micros = self.world.shares(payer).unassigned_micros
        if amount_micros := min(free_micros, pages * PAGE_MICROS):
            self.run(self.world.adjust(payer, -amount_micros))

    @rule(days=st.integers(1, 8))
    def time_passes(self, days: int) -> None:
        self.world.clock.advance(days * DAY_MS)

    @rule()
    def headquarters_is_restarted(self) -> None:
        self.world.restart()

    @invariant()
    def nobody_spends_what_is_not_there_and_nothing_is_lost(self) -> None:
        for payer, books in self.world.books().items():
            credit = OPENING_MICROS + self.world.adjusted[payer]
            assert books.spent + self.world.reserved_micros(payer) <= credit
            assert books.shares.balance_micros - books.unmerged == credit - books.spent
            assert books.shares.over_granted_micros == 0
            assert all(grant.granted_micros > 0 for grant in books.shares.grants)
            for site in self.world.sites.values():
                # An older replica knows fewer grants: it may say less than there is, never more.
                assert site.is_set_back or site.left_micros(payer) >= 0, site.site_name

    def teardown(self) -> None:
        try:
            self.run(self.heal_everything())
            for payer, books in self.world.books().items():
                assert books.shares.grants == ()
                credit = OPENING_MICROS + self.world.adjusted[payer]
                assert books.shares.balance_micros == credit - books.spent
        finally:
            self.world.close()
            self.runner.close()
            self.folder.cleanup()

    async def heal_everything(self) -> None:
        """Everybody goes home; after a quiet fortnight everything is given back."""
        for site in self.world.sites.values():
            await site.heal()
            while site.open_copies:
                await site.finish_copies()
            await site.upload()
            await site.keep.once()  # whoever was noted is no longer to be asked for
        self.world.clock.advance(14 * DAY_MS)
        for _ in range(TRIES + 2):  # a need that nobody meets is asked for so often
            for site in self.world.sites.values():
                site.replicate()
                await site.keep.once()
                await site.upload()
            self.world.clock.advance(14 * DAY_MS)


TestPartitions = Partitions.TestCase
TestPartitions.settings = settings(
    max_examples=8,
    stateful_step_count=30,
    phases=(
        Phase.explicit,
        Phase.reuse,
        Phase.generate,
    ),  # each step writes to a disk: no shrinking
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


async def test_while_nobody_is_cut_off_the_whole_balance_can_be_spent_anywhere(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    await world.start()
    oslo, lima = world.sites["oslo"], world.sites["lima"]
    assert not await oslo.start_copies(150)
    await oslo.keep.once()
    oslo.replicate()
    assert await oslo.start_copies(150)
    await oslo.finish_copies(0.0)

    assert not await lima.start_copies(200)
    await lima.keep.once()  # lima gets what is free, and oslo is asked for the rest
    await oslo.keep.once()
    await oslo.upload()
    await lima.keep.once()
    lima.replicate()
    assert await lima.start_copies(200)
    assert not await oslo.start_copies(1)
    world.close()


async def test_a_debit_by_headquarters_past_the_grants_is_seen_and_called_back(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    await world.start()
    oslo, lima = world.sites["oslo"], world.sites["lima"]
    for site in (oslo, lima):
        assert not await site.start_copies(80, RESEARCH)
        await site.keep.once()
        site.replicate()
    lima.cut()
    await world.adjust(RESEARCH, -100 * PAGE_MICROS)
    assert world.shares(RESEARCH).over_granted_micros >= 60 * PAGE_MICROS

    oslo.replicate()
    world.clock.advance(DAY_MS)
    await oslo.keep.once()
    await oslo.upload()
    assert world.shares(RESEARCH).over_granted_micros == 0
    assert await lima.start_copies(80, RESEARCH)
    await lima.finish_copies()
    await lima.heal()
    await lima.upload()
    assert world.shares(RESEARCH).balance_micros >= 0
    assert world.shares(ADA).over_granted_micros == 0
    world.close()
