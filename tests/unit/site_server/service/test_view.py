"""The effective balance is exact, whatever has travelled how far."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from failure_modes.vocabulary import Micros
from replication.adapters.sqlite_file import SqliteFile
from replication.entry_bodies import CopyFinished
from replication.journal import JournalHead
from replication.testing import ManualClock
from site_server.service.money import balance_of
from site_server.store.tables import site_metadata
from site_server.store.unit_of_work import UnitOfWork
from tests.unit.site_server.a_site import PRICE_MICROS, SITE, a_site, units

if TYPE_CHECKING:
    from sqlalchemy import Connection

PAYER: Final = "user:ada"
EPOCHS: Final = ((SITE, 1), (SITE, 2))
CLOCK: Final = ManualClock()


@dataclass(frozen=True, slots=True)
class Spent:
    """The site charges ada in this epoch."""

    epoch: int
    amount_micros: int


@dataclass(frozen=True, slots=True)
class Adjusted:
    """Headquarters books a credit or debit."""

    amount_micros: int


@dataclass(frozen=True, slots=True)
class Ingested:
    """The next entries of that epoch take effect at headquarters: balance and watermark move."""

    epoch: int
    entries: int


@dataclass(frozen=True, slots=True)
class Replicated:
    """The replica becomes what the primary was at some moment, also an earlier one (a restore)."""

    back: int


@dataclass(frozen=True, slots=True)
class Reserved:
    """A release sets credit aside."""

    amount_micros: int


@dataclass(frozen=True, slots=True)
class Settled:
    """The oldest open reservation is closed."""


AMOUNT = st.integers(1, 1_000)
EPOCH = st.sampled_from((1, 2))
STEP = st.one_of(
    st.builds(Spent, EPOCH, AMOUNT),
    st.builds(Adjusted, st.integers(-1_000, 1_000)),
    st.builds(Ingested, EPOCH, st.integers(1, 3)),
    st.builds(Replicated, st.integers(0, 3)),
    st.builds(Reserved, AMOUNT),
    st.builds(Settled),
)


@dataclass(frozen=True, slots=True)
class Moment:
    """The directory at one moment. `booked` is what headquarters itself had booked by then."""

    balance_micros: int = 0
    booked_micros: int = 0
    watermarks: dict[tuple[str, int], int] = field(default_factory=dict)


@dataclass(slots=True)
class World:
    """Headquarters, the replica and what the site did, beside the real store of the site."""

    spent: dict[int, list[int]] = field(default_factory=lambda: {1: [], 2: []})
    history: list[Moment] = field(default_factory=lambda: [Moment()])
    replica: Moment = field(default_factory=Moment)
    reserved: list[int] = field(default_factory=list)
    reservations: int = 0

    def take(self, step: object, unit: UnitOfWork, epochs: dict[int, UnitOfWork]) -> None:
        """One step of the world."""
        now = self.history[-1]
        match step:
            case Spent(epoch, amount_micros):
                self.spent[epoch].append(amount_micros)
                epochs[epoch].journal.append(_charge(len(self.spent[epoch]), amount_micros))
            case Adjusted(amount_micros):
                self._move(now, amount_micros, now.watermarks, booked_micros=amount_micros)
            case Ingested(epoch, entries):
                seq = now.watermarks.get((SITE, epoch), 0)
                fresh = self.spent[epoch][seq : seq + entries]
                marks = {**now.watermarks, (SITE, epoch): seq + len(fresh)}
                self._move(now, -sum(fresh), marks, booked_micros=0)
            case Replicated(back):
                self.replica = self.history[max(len(self.history) - 1 - back, 0)]
            case Reserved(amount_micros):
                self.reservations += 1
                name = f"job:{self.reservations}"
                self.reserved.append(amount_micros)
                unit.reservations.open(name, PAYER, Micros(amount_micros), CLOCK.wall_ms())
            case _ if self.reserved:
                self.reserved.pop(0)
                closed = self.reservations - len(self.reserved)
                assert unit.reservations.close(f"job:{closed}")
            case _:
                pass

    @property
    def truth_micros(self) -> int:
        """What headquarters had booked by the replica's moment, less all that was spent here."""
        spent = sum(map(sum, self.spent.values()))
        return self.replica.booked_micros - spent - sum(self.reserved)

    def _move(
        self,
        now: Moment,
        amount_micros: int,
        watermarks: dict[tuple[str, int], int],
        *,
        booked_micros: int,
    ) -> None:
        self.history.append(
            Moment(
                balance_micros=now.balance_micros + amount_micros,
                booked_micros=now.booked_micros + booked_micros,
                watermarks=watermarks,
            )
        )


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(STEP, max_size=40))
def test_any_order_of_spending_uploading_and_replicating_gives_the_exact_balance(
    steps: list[object],
) -> None:
    world = World()
    with tempfile.TemporaryDirectory() as folder:
        file = SqliteFile(Path(folder) / "site.db", site_metadata)
        try:
            for step in steps:
                shown = file.write_now(lambda connection, step=step: _walk(world, step, connection))  # type: ignore[misc]
                assert shown == world.truth_micros
        finally:
            file.close()


async def test_a_balance_names_its_parts(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        first, second = await site.print_pdf("ada"), await site.print_pdf("ada")
        await site.release(first)
        await site.settle()
        site.printer.gate.clear()
        await site.release(second)
        money = site.money("ada")
        cost_micros = 2 * PRICE_MICROS
        assert money.replica_micros == units(5)
        assert money.unmerged_micros == -cost_micros
        assert money.reserved_micros == cost_micros
        assert money.effective_micros == units(5) - 2 * cost_micros


async def test_entries_of_a_former_epoch_count_until_a_replica_covers_them(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        job = await site.print_pdf("ada")
        await site.release(job)
        await site.settle()
        last_seq = site.store.head().seq
    async with a_site(tmp_path, epoch=2) as site:
        assert site.store.head().seq == 0
        assert site.money("ada").effective_micros == units(5) - 2 * PRICE_MICROS
        site.merge_up_to(last_seq, epoch=1, user_name="ada", balance_micros=units(4))
        assert site.money("ada").effective_micros == units(4)


def _walk(world: World, step: object, connection: Connection) -> int:
    by_epoch = {epoch: _unit(connection, epoch) for epoch in (1, 2)}
    world.take(step, by_epoch[1], by_epoch)
    moment = world.replica
    replica_micros = Micros(moment.balance_micros)
    money = balance_of(by_epoch[2], PAYER, replica_micros, moment.watermarks)
    return money.effective_micros


def _unit(connection: Connection, epoch: int) -> UnitOfWork:
    head = JournalHead(site_name=SITE, epoch=epoch)
    return UnitOfWork(connection, EPOCHS, head, CLOCK.wall_ms)


def _charge(number: int, amount_micros: int) -> CopyFinished:
    return CopyFinished(
        copy_uuid=str(UUID(int=number)),
        user_name="ada",
        printer_name="oslo-1",
        payer=PAYER,
        cost_micros=amount_micros,
        mono_pages=1,
        colour_pages=0,
    )
