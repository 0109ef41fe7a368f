"""What was found at the end of a simulation, and what the checkers say to it."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from chaos.checkers.acknowledged_survives import acknowledged_survives
from chaos.checkers.bounded import bounded
from chaos.checkers.exactly_once import exactly_once
from chaos.checkers.latency_unmoved import latency_unmoved
from chaos.checkers.money_conserved import money_conserved
from chaos.checkers.never_overdrawn import never_overdrawn
from chaos.checkers.registers_equal import registers_equal
from chaos.checkers.released_once import released_once
from chaos.checkers.replica_follows import replica_follows
from chaos.final_state import (
    FinalState,
    JobFound,
    Opening,
    PrimaryFound,
    SiteBalance,
    SiteFound,
    Watermark,
)
from chaos.sim.organisation import user_names
from chaos.sim.world import HEADQUARTERS
from replication.entry_bodies import user_payer
from replication.journal import Entry
from replication.ports import Micros
from replication.schema.directory import balances, users

if TYPE_CHECKING:
    from chaos.checkers.verdict import Verdict
    from chaos.sim.headquarters import PrimaryRun
    from chaos.sim.site import SiteRun
    from chaos.sim.world import World

ENTRIES_MAX: Final = 1_000_000


def opening(primary: PrimaryRun) -> Opening:
    """Headquarters before anything happened."""
    return Opening(balances=_balances(primary), watermarks=_watermarks(primary))


async def final_state(world: World, before: Opening) -> FinalState:
    """Everything, once all is healed and drained."""
    primary = world.running_primary()
    return FinalState(
        opening=before,
        primary=PrimaryFound(
            balances=_balances(primary),
            ledger_balances={
                payer: Micros(amount) for payer, amount in (await primary.report.balances()).items()
            },
            entries=await _entries(primary),
            watermarks=_watermarks(primary),
        ),
        sites=tuple(_site(name, site) for name, site in sorted(world.sites.items())),
        documents=tuple(found for each in world.printers.values() for found in each.tray),
    )


async def verdicts(world: World, state: FinalState) -> tuple[Verdict, ...]:
    """The judgement on each promise."""
    for name, site in world.sites.items():
        await world.gauges.look_at_spool(name, site)
    history = world.history.history()
    registers = {HEADQUARTERS: await world.running_primary().registers.held_jobs()}
    for name, site in world.sites.items():
        registers[name] = await site.registers.held_jobs()
    found = [
        money_conserved(state),
        exactly_once(state),
        acknowledged_survives(history, state),
        released_once(history, state),
        replica_follows(world.applied, world.shipped.at),
        latency_unmoved(history),
        registers_equal(registers),
        bounded(history, state),
    ]
    if world.credit == "strict":
        found.append(never_overdrawn(state, _restricted(world.running_primary())))
    return tuple(found)


def _balances(primary: PrimaryRun) -> dict[str, Micros]:
    with primary.directory.read() as connection:
        rows = connection.execute(select(balances.c.payer, balances.c.balance_micros)).all()
    return {row.payer: Micros(row.balance_micros) for row in rows}


def _watermarks(primary: PrimaryRun) -> tuple[Watermark, ...]:
    return tuple(Watermark(**asdict(head)) for head in primary.directory.watermarks())


async def _entries(primary: PrimaryRun) -> tuple[Entry, ...]:
    names = {each.name for each in fields(Entry)}
    return tuple(
        Entry(**{name: value for name, value in asdict(each).items() if name in names})
        for each in await primary.report.entries(limit=ENTRIES_MAX)
    )


def _site(site_name: str, site: SiteRun) -> SiteFound:
    services = site.running()
    money = {
        user_payer(name): services.decider.balance(site.store, user_payer(name))
        for name in user_names()
    }
    with site.store.read() as view:
        jobs = view.jobs.listing(ended=None, limit=ENTRIES_MAX)
    return SiteFound(
        site_name=site_name,
        balances={
            payer: SiteBalance(
                effective_micros=each.effective_micros, reserved_micros=each.reserved_micros
            )
            for payer, each in money.items()
        },
        entries=tuple(site.store.entries(1, ENTRIES_MAX)),
        jobs=tuple(
            JobFound(job_uuid=job.job_uuid, job_name=job.job_name, state=job.state) for job in jobs
        ),
    )


def _restricted(primary: PrimaryRun) -> list[str]:
    with primary.directory.read() as connection:
        rows = connection.execute(select(users.c.user_name).where(users.c.restricted)).all()
    return [user_payer(row.user_name) for row in rows]
