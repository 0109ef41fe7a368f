"""Allowances end to end: asked for over TLS, granted by replication, given back by the journal."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from chaos.live.relay import RelayMaker
from failure_modes.vocabulary import LinkState, Micros
from primary.store import grants
from replication.adapters.system_clock import SystemClock
from site_server.service.allowance import Need
from site_server.service.record_drill import RecordDrill
from site_server.service.view import Decider
from site_server.store.directory import Directory
from site_server.store.site_store import SiteStore
from site_server.testing import StillLink
from tests.integration.link_tools import ADA, PATIENCE_S, copied, joined, until
from tests.integration.link_world import primary_end, site_end

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from chaos.live.relay import RelayWan
    from primary.store.grants import Shares
    from tests.integration.link_world import PrimaryEnd, SiteEnd

pytestmark = pytest.mark.timeout(60)

OPENING_MICROS = 20_000_000


@dataclass(frozen=True, slots=True)
class Branch:
    """A site with its own store, behind a WAN that can be cut."""

    end: SiteEnd
    store: SiteStore
    decider: Decider
    wan: RelayWan

    def left_micros(self) -> int:
        return self.decider.allowance(self.store, ADA).left_micros

    def need(self, amount_micros: int) -> None:
        assert self.end.keep is not None
        self.end.keep.note(Need(payer=ADA, amount_micros=Micros(amount_micros)))

    async def spend_all(self, number: int) -> int:
        """Ada copies for all that this site may spend."""
        amount = self.left_micros()
        await self.store.write(lambda unit: unit.journal.append(copied(number, amount)))
        assert self.left_micros() == 0
        return amount


@asynccontextmanager
async def branch(primary: PrimaryEnd, folder: Path, site_name: str) -> AsyncIterator[Branch]:
    wans = RelayMaker()
    wan = await wans.open(site_name, primary.port)
    identity = await joined(primary, folder / site_name, site_name)
    store = SiteStore(
        folder / site_name / "site.db",
        site_name=site_name,
        epoch=identity.epoch,
        clock=SystemClock(),
    )
    try:
        async with site_end(
            identity, folder / site_name / "site", port=wan.listen_port, store=store
        ) as end:
            await end.watch.wait_for(LinkState.ONLINE)
            directory = Directory(end.replica, site_name)
            decider = Decider(directory, StillLink(), SystemClock(), RecordDrill(store))
            yield Branch(end, store, decider, wan)
    finally:
        store.close()
        await wans.close()


def shares(primary: PrimaryEnd) -> Shares:
    with primary.directory.read() as connection:
        return grants.shares(connection, ADA)


async def test_two_branches_that_are_cut_off_never_spend_the_same_credit(tmp_path: Path) -> None:
    async with (
        primary_end(tmp_path / "hq") as primary,
        branch(primary, tmp_path, "oslo") as oslo,
        branch(primary, tmp_path, "lima") as lima,
        asyncio.timeout(PATIENCE_S),
    ):
        oslo.need(0)  # ada logs in
        await until(lambda: oslo.left_micros() == OPENING_MICROS // 4)
        lima.need(9_000_000)  # she has a large job there
        await until(lambda: lima.left_micros() >= 9_000_000)

        for each in (oslo, lima):
            await each.wan.cut()
            await each.end.watch.wait_for(LinkState.OFFLINE)
        spent = await oslo.spend_all(1) + await lima.spend_all(2)
        assert spent <= OPENING_MICROS
        for each in (oslo, lima):
            await each.wan.heal()
        await until(lambda: shares(primary).balance_micros == OPENING_MICROS - spent)
        assert shares(primary).over_granted_micros == 0

        # Online again, the rest is there for whoever needs it: what lima lacks oslo gives back.
        oslo.need(1_000_000)
        await until(lambda: oslo.left_micros() >= 1_000_000)
        lima.need(OPENING_MICROS - spent)
        await until(lambda: lima.left_micros() == OPENING_MICROS - spent)
        assert oslo.left_micros() == 0
        await lima.spend_all(3)
        await until(lambda: shares(primary).balance_micros == 0)
        assert shares(primary).grants == ()
