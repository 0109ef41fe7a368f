"""What was found at the end of a simulation, and what the checkers say to it."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from chaos.checkers.acknowledged_survives import acknowledged_survives
from chaos.checkers.bounded import bounded
from chaos.checkers.cards_settled import cards_settled
from chaos.checkers.disasters import disasters_of
from chaos.checkers.entries import bodies
from chaos.checkers.exactly_once import exactly_once
from chaos.checkers.history_consistent import history_consistent
from chaos.checkers.latency_unmoved import latency_unmoved
from chaos.checkers.money_conserved import money_conserved
from chaos.checkers.never_overdrawn import never_overdrawn
from chaos.checkers.nothing_without_certificate import nothing_without_certificate
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
from chaos.history import Operation
from chaos.sim.looking import look_at_spool
from chaos.sim.organisation import HEADQUARTERS, user_names
from replication.entry_bodies import BalanceAdjusted, user_payer
from replication.journal import Entry
from replication.ports import Micros
from replication.schema.directory import balances, cards, users

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
        await look_at_spool(world.gauges, name, site)
    world.running_primary().tell_links()
    history = world.history.history()
    registers = {HEADQUARTERS: await world.running_primary().registers.held_jobs()}
    claims = {HEADQUARTERS: await world.running_primary().registers.card_claims()}
    for name, site in world.sites.items():
        claims[name] = await site.registers.card_claims()
        registers[name] = await site.registers.held_jobs()
    found = [
        money_conserved(state),
        exactly_once(state, disasters_of(history)),
        acknowledged_survives(history, state),
        released_once(history, state),
        replica_follows(world.applied, world.shipped.at),
        latency_unmoved(history),
        history_consistent(history, state, world.directory_log.steps),
        registers_equal(registers),
        bounded(history, state),
        cards_settled(history, claims, _owners(world.running_primary())),
        nothing_without_certificate(history),
    ]
    if world.credit == "strict":
        found.append(
            never_overdrawn(state, _restricted(world.running_primary()), _beyond(world, state))
        )
    return tuple(found)


def _beyond(world: World, state: FinalState) -> Counter[str]:
    """How far payers may be below zero: allowances held twice, and credit that was forgotten."""
    history = world.history.history()
    disasters = disasters_of(history)
    booked = {body.request_id for body in bodies(state.primary.entries, BalanceAdjusted)}
    beyond = Counter(world.held_twice)
    for event in history.events(Operation.ADJUST):
        if event.text("request_id") not in booked and disasters.may_be_lost(event):
            beyond[event.text("payer")] += max(event.number("amount_micros"), 0)
    return beyond


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


def _owners(primary: PrimaryRun) -> dict[str, str]:
    with primary.directory.read() as connection:
        rows = connection.execute(select(cards.c.card_hash, cards.c.user_name)).all()
    return {row.card_hash: row.user_name for row in rows}


def _restricted(primary: PrimaryRun) -> list[str]:
    with primary.directory.read() as connection:
        rows = connection.execute(select(users.c.user_name).where(users.c.restricted)).all()
    return [user_payer(row.user_name) for row in rows]
