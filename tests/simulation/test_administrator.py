"""Disasters and an administrator who heals them: every promise is kept, and a hole is found."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from chaos.faults.disk_put_back import DiskPutBack
from chaos.faults.headquarters_restored import Brings, HeadquartersRestored
from chaos.faults.site_cloned import SiteCloned
from chaos.faults.site_revoked import SiteRevoked
from chaos.history import Operation
from chaos.seeds.fleet import Wanted, fleet
from chaos.seeds.shrink import broken_by
from chaos.sim.forged import Forgery
from chaos.sim.joining import SITES, administer, tell
from chaos.sim.workload.adjusting import Adjusting
from chaos.sim.workload.claiming import Claiming
from chaos.sim.workload.copying import Copying
from chaos.sim.workload.intruding import Intruding
from chaos.sim.workload.printing import Printing
from replication.schema.directory import sites

if TYPE_CHECKING:
    from chaos.seeds.story import Ended
    from chaos.sim.step import Scene, Step

WORK: tuple[Step, ...] = (
    *(
        Copying(at_ms=at_ms, site_name=site_name, user_name="user3", pages=3)
        for at_ms in range(1_000, 130_000, 9_000)
        for site_name in ("oslo", "lima")
    ),
    *(
        Printing(at_ms=at_ms, site_name="oslo", user_name="user5", mono=1, colour=1, walk_ms=20_000)
        for at_ms in range(2_000, 130_000, 17_000)
    ),
    *(
        Adjusting(at_ms=at_ms, user_name="user3", amount_micros=2_000_000)
        for at_ms in range(3_000, 130_000, 30_000)
    ),
    Claiming(at_ms=20_000, site_name="oslo", user_name="user2", card=1, uses_ms=(500, 60_000)),
    Claiming(at_ms=20_001, site_name="lima", user_name="user4", card=1, uses_ms=(500, 60_000)),
)
CLONED = SiteCloned(
    at_ms=30_000, site_name="oslo", for_ms=20_000, copy_lives=True, user_name="user4", copies=1
)


def ended(*more: Step) -> Ended:
    plan = tuple(sorted((*WORK, *more), key=lambda step: step.at_ms))
    [(_, found)] = fleet([Wanted(seed=4, sites=2, hours=0.04, plan=plan)])
    return found


@pytest.mark.live
@pytest.mark.timeout(300)
def test_a_site_is_copied_and_another_one_revoked() -> None:
    intruders = (
        Intruding(at_ms=20_000 + place, site_name="lima", forgery=forgery, after_ms=25_000)
        for place, forgery in enumerate(Forgery)
    )
    revoked = SiteRevoked(at_ms=30_000, site_name="lima", for_ms=20_000)
    assert ended(CLONED, revoked, *intruders).broken == ()


@pytest.mark.live
@pytest.mark.timeout(300)
def test_a_headquarters_of_before_a_site_joined_again_is_fed_with_both_epochs() -> None:
    disk = DiskPutBack(at_ms=30_000, site_name="oslo", age_ms=30_000, noticed_ms=10_000)
    backup = HeadquartersRestored(at_ms=20_000, brings=Brings.BACKUP, age_ms=90_000, down_ms=1_000)
    assert ended(disk, backup).broken == ()


@pytest.mark.live
@pytest.mark.timeout(300)
def test_a_revocation_that_was_lifted_since_the_backup_stands_again_until_it_is_lifted() -> None:
    revoked = SiteRevoked(at_ms=10_000, site_name="oslo", for_ms=20_000)
    folder = HeadquartersRestored(at_ms=20_000, brings=Brings.FOLDER, age_ms=60_000, down_ms=1_000)
    assert ended(revoked, folder).broken == ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sends:
    """Somebody prints at oslo, and leaves it there."""

    at_ms: int

    async def do(self, scene: Scene) -> None:
        await scene.people.print("oslo", "user5", 1, 1)


@pytest.mark.live
@pytest.mark.timeout(300)
def test_what_a_site_took_while_its_old_disk_was_fenced_is_heard_by_all_nodes_in_the_end() -> None:
    disk = DiskPutBack(at_ms=30_000, site_name="oslo", age_ms=30_000, noticed_ms=20_000)
    known = (Sends(at_ms=at_ms) for at_ms in range(31_000, 50_000, 2_000))
    assert ended(disk, *known, Sends(at_ms=68_000)).broken == ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokesInVain:
    """The administrator hears that the site is revoked, and headquarters goes on serving it."""

    at_ms: int = 30_000

    async def do(self, scene: Scene) -> None:
        path = f"{SITES}/oslo/revocation"
        await administer(scene.world, "PUT", path, {"reason": "in vain"})
        tell(scene.world, Operation.REVOKE, {"site_name": "oslo"})
        await scene.world.running_primary().directory.write(
            lambda db: db.execute(update(sites).values(state="approved"))
        )
        await asyncio.sleep(1)


@pytest.mark.live
@pytest.mark.timeout(300)
def test_a_revocation_without_effect_is_found() -> None:
    assert "nothing_without_certificate" in broken_by(ended(RevokesInVain()))
