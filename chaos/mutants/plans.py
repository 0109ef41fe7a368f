"""Steps that show a variant in the shortest time, made by hand."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chaos.faults.power_cut import PowerCut
from chaos.faults.printer_off import PrinterOff
from chaos.faults.process_killed import ProcessKilled
from chaos.faults.site_revoked import SiteRevoked
from chaos.faults.wan_cut import WanCut
from chaos.faults.wan_slow import WanSlow
from chaos.sim.organisation import HEADQUARTERS, PAGE_MICROS
from chaos.sim.wan import Way
from chaos.sim.workload.adjusting import Adjusting
from chaos.sim.workload.copying import Copying
from chaos.sim.workload.deleting import Deleting
from chaos.sim.workload.printing import Printing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from chaos.sim.step import Scene, Step

OSLO: Final = "oslo"
LIMA: Final = "lima"
BOTH_WAYS: Final = (Way.UP, Way.DOWN)
SOME: Final = tuple(f"user{number}" for number in range(1, 7))


@dataclass(frozen=True, slots=True, kw_only=True)
class KilledSoon:
    """A process dies so many microseconds after `at_ms`, in the middle of what was asked then."""

    at_ms: int
    machine: str
    after_us: int

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`."""
        await asyncio.sleep(self.after_us / 1e6)
        await ProcessKilled(at_ms=self.at_ms, machine=self.machine, for_ms=100).do(scene)


def _prints(at_ms: int, user: str, *, site: str = OSLO, walk_ms: int = 2_000) -> Printing:
    return Printing(at_ms=at_ms, site_name=site, user_name=user, mono=1, colour=1, walk_ms=walk_ms)


def _copies(at_ms: int, user: str, *, site: str = OSLO, pages: int = 1) -> Copying:
    return Copying(at_ms=at_ms, site_name=site, user_name=user, pages=pages)


def _cut(at_ms: int, site: str, for_ms: int) -> WanCut:
    return WanCut(at_ms=at_ms, site_name=site, ways=BOTH_WAYS, for_ms=for_ms)


def visits() -> Iterator[Step]:
    """One person after the other copies, and looks; prints, and looks."""
    for number in range(6):
        yield _copies(number * 1_500, "user1")
        yield _prints(number * 1_500 + 700, "user2")
    for number in range(3):
        yield _copies(30_000 + number * 8_000, "user1")


def visits_over_a_slow_line() -> Iterator[Step]:
    """The same person comes again and again while the replica is a moment behind."""
    yield WanSlow(
        at_ms=0, site_name=OSLO, delay_ms=300, spread_ms=0, bytes_per_s=10_000_000, for_ms=60_000
    )
    yield _copies(1_000, "user1")
    for number in range(20):
        yield _copies(2_500 + number * 90, "user1")


def an_outage() -> Iterator[Step]:
    """Both sites work while they are cut off, and drain."""
    yield _cut(2_000, OSLO, 30_000)
    yield _cut(2_000, LIMA, 30_000)
    for number, user in enumerate(SOME * 2):
        yield _copies(4_000 + number * 1_000, user, pages=2)
        yield _copies(4_500 + number * 1_000, user, site=LIMA, pages=2)
    yield _copies(45_000, "user1")
    yield _copies(46_000, "user1", site=LIMA)


def killed_headquarters() -> Iterator[Step]:
    """Money is given, and headquarters dies a moment after it was asked."""
    for number in range(24):
        at_ms = 1_000 + 2_500 * number
        yield Adjusting(
            at_ms=at_ms, user_name=SOME[number % len(SOME)], amount_micros=5 * PAGE_MICROS
        )
        yield KilledSoon(at_ms=at_ms, machine=HEADQUARTERS, after_us=100 + 50 * number)
    for number, user in enumerate(SOME):
        yield Adjusting(
            at_ms=150_000 + number * 1_000, user_name=user, amount_micros=5 * PAGE_MICROS
        )


def given_money() -> Iterator[Step]:
    """Money is given, and looked at."""
    for number, user in enumerate(SOME):
        yield Adjusting(at_ms=1_000 + number * 500, user_name=user, amount_micros=PAGE_MICROS)


def killed_while_printing() -> Iterator[Step]:
    """The site dies while its printer prints, and the person comes back for the paper."""
    for number, user in enumerate(SOME):
        at_ms = 1_000 + 20_000 * number
        yield _prints(at_ms, user)
        yield ProcessKilled(at_ms=at_ms + 2_600, machine=OSLO, for_ms=2_000)
        yield _prints(at_ms + 6_000, user)


def forgetful_printer() -> Iterator[Step]:
    """The same, and the printer has lost its record when it is asked."""
    for number, user in enumerate(SOME):
        at_ms = 1_000 + 40_000 * number
        yield _prints(at_ms, user)
        yield ProcessKilled(at_ms=at_ms + 2_600, machine=OSLO, for_ms=12_000)
        yield PrinterOff(at_ms=at_ms + 8_000, site_name=OSLO, for_ms=3_000, forgets=True)
        yield _prints(at_ms + 18_000, user)
        yield _copies(at_ms + 24_000, user)


def killed_while_held() -> Iterator[Step]:
    """The site dies between the sending of a document and its release."""
    for number, user in enumerate(SOME):
        at_ms = 1_000 + 15_000 * number
        yield _prints(at_ms, user, walk_ms=8_000)
        yield ProcessKilled(at_ms=at_ms + 3_000, machine=OSLO, for_ms=1_000)


def power_cuts_after_yes() -> Iterator[Step]:
    """A document is taken, somebody copies, and the power fails."""
    for number, user in enumerate(SOME):
        at_ms = 1_000 + 20_000 * number
        yield _prints(at_ms, user, walk_ms=10_000)
        yield _copies(at_ms, user)
        yield PowerCut(at_ms=at_ms + 1_100, machine=OSLO, for_ms=500, cuts=1)


def spending_apart() -> Iterator[Step]:
    """Somebody wants most of their money at two sites, which then cannot talk, and tries there."""
    people = ("user1", "user2", "user4", "user5")
    for number, user in enumerate(people):
        for site in (OSLO, LIMA):
            yield Printing(
                at_ms=1_000 + number * 200,
                site_name=site,
                user_name=user,
                mono=6,
                colour=3,
                walk_ms=2_000,
            )
        yield _prints(8_000 + number * 200, user)
    yield _cut(20_000, OSLO, 100_000)
    yield _cut(20_000, LIMA, 100_000)
    for number, user in enumerate(people):
        yield _prints(25_000 + number * 200, user, site=LIMA)
        yield _prints(25_100 + number * 200, user)
        for visit in range(10):
            yield _copies(30_000 + visit * 3_000 + number * 100, user, pages=2)
            yield _copies(30_050 + visit * 3_000 + number * 100, user, site=LIMA, pages=2)


def spending_in_small_parts() -> Iterator[Step]:
    """Each site is granted a little; one spends while it is linked, and both when they are not."""
    people = ("user1", "user2", "user4", "user5")
    for number, user in enumerate(people):
        yield _prints(1_000 + number * 200, user, site=LIMA)
        for visit in range(8):
            yield _prints(1_100 + visit * 5_000 + number * 200, user)
    yield _cut(45_000, OSLO, 100_000)
    yield _cut(45_000, LIMA, 100_000)
    for number, user in enumerate(people):
        for visit in range(8):
            at_ms = 50_000 + visit * 4_000 + number * 100
            yield _copies(at_ms, user, pages=2)
            yield _copies(at_ms + 50, user, site=LIMA, pages=2)


def poor_people() -> Iterator[Step]:
    """People print more than they can pay."""
    people = [f"user{number}" for number in range(1, 13)]
    for number in range(3):
        for user in people:
            yield Printing(
                at_ms=1_000 + number * 4_000,
                site_name=OSLO if number % 2 else LIMA,
                user_name=user,
                mono=6,
                colour=3,
                walk_ms=2_000,
            )


def logins_up_and_cut() -> Iterator[Step]:
    """The same visits with the line up and cut."""
    for number in range(6):
        yield _copies(1_000 + number * 1_000, SOME[number])
        yield _copies(61_000 + number * 1_000, SOME[number])
    yield _cut(20_000, OSLO, 90_000)


def deleting() -> Iterator[Step]:
    """Documents are sent and thrown away."""
    for number, user in enumerate(SOME):
        yield Deleting(at_ms=1_000 + number * 300, site_name=OSLO, user_name=user)


def jobs_everywhere() -> Iterator[Step]:
    """Jobs at both sites, while one and then the other is cut off for a while."""
    for number in range(20):
        yield _prints(1_000 + number * 3_000, SOME[number % 6], walk_ms=20_000)
        yield _prints(2_000 + number * 3_000, SOME[number % 6], site=LIMA, walk_ms=20_000)
    yield _cut(5_000, OSLO, 20_000)
    yield _cut(30_000, LIMA, 20_000)


def a_revoked_site() -> Iterator[Step]:
    """A site is revoked, and goes on working."""
    yield SiteRevoked(at_ms=5_000, site_name=OSLO, for_ms=20_000)
    yield _cut(8_000, OSLO, 2_000)
    for number, user in enumerate(SOME):
        yield _copies(6_000 + 2_000 * number, user)
        yield Adjusting(at_ms=12_000 + 1_000 * number, user_name=user, amount_micros=PAGE_MICROS)


def _in_order(steps: Callable[[], Iterator[Step]]) -> Callable[[], Sequence[Step]]:
    return lambda: sorted(steps(), key=lambda step: step.at_ms)


PLANS: Final[Mapping[str, Callable[[], Sequence[Step]]]] = {
    steps.__name__: _in_order(steps)
    for steps in (
        visits,
        visits_over_a_slow_line,
        an_outage,
        killed_headquarters,
        given_money,
        killed_while_printing,
        forgetful_printer,
        killed_while_held,
        power_cuts_after_yes,
        spending_apart,
        spending_in_small_parts,
        poor_people,
        logins_up_and_cut,
        deleting,
        jobs_everywhere,
        a_revoked_site,
    )
}
