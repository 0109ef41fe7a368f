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
@pytest.mark.parametrize(
    "disaster",
    [
        CLONED,
        DiskPutBack(at_ms=30_000, site_name="oslo", age_ms=30_000, noticed_ms=10_000),
        SiteRevoked(at_ms=30_000, site_name="oslo", for_ms=20_000),
        *(
            HeadquartersRestored(at_ms=30_000, brings=brings, age_ms=40_000, down_ms=1_000)
            for brings in Brings
        ),
    ],
    ids=lambda step: f"{type(step).__name__} {getattr(step, 'brings', '')}".strip(),
)
def test_every_promise_is_kept_when_it_is_healed(disaster: Step) -> None:
    intruders = (
        Intruding(at_ms=20_000 + place, site_name="oslo", forgery=forgery, after_ms=25_000)
        for place, forgery in enumerate(Forgery)
    )
    assert ended(disaster, *intruders).broken == ()


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
