"""Disks in a simulation that are copied, put back, or put into another machine."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from chaos.history import FaultKind
from chaos.sim.clock import MachineClock
from chaos.sim.machine import Machine
from replication.schema.directory import allowances

if TYPE_CHECKING:
    from pathlib import Path

    from chaos.sim.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a site's disk was at a moment, and how far its journal was."""

    folder: Path
    as_of_ms: int
    epoch: int
    seq: int


def snapshot(world: World, site_name: str) -> Snapshot | None:
    """The disk of that site as of now; None while its server does not run.

    What its journal may yet let out of allowances can be let out twice from now on.
    """
    machine, site = world.machines[site_name], world.sites.get(site_name)
    if site is None or site.services is None:
        return None
    head = site.store.head()
    folder = machine.disk.with_name(f"{site_name} as of {head.epoch}-{head.seq}-{machine.runs}")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(machine.folder, folder / "0")
    _note_allowances(world, site_name)
    as_of_ms = machine.clock.monotonic_ms()
    return Snapshot(folder=folder, as_of_ms=as_of_ms, epoch=head.epoch, seq=head.seq)


def put_back(world: World, site_name: str, old: Snapshot) -> None:
    """Let that disk be the site's; its server is stopped."""
    machine = world.machines[site_name]
    _put_in(machine, old.folder / "0")
    what = f"{old.as_of_ms} {old.epoch} {old.seq}"
    world.history.fault(FaultKind.ROLLED_BACK, site_name, what)


def copied(world: World, site_name: str, old: Snapshot) -> Machine:
    """A second machine with a copy of the site's disk."""
    name = f"{site_name}~copy"
    machine = Machine(name, old.folder, MachineClock(world.loop))
    machine.past = world.machines[site_name].past + 1
    world.machines[name] = machine
    world.history.fault(FaultKind.CLONED, site_name, f"{old.as_of_ms} {old.epoch} {old.seq}")
    return machine


def take_place(world: World, site_name: str, copy: Machine) -> None:
    """Let the copy's disk be the site's from now on; both servers are stopped."""
    machine = world.machines[site_name]
    _put_in(machine, copy.folder)


def forget(world: World, copy: Machine) -> None:
    """The second machine is switched off for good."""
    del world.machines[copy.name]


def _put_in(machine: Machine, content: Path) -> None:
    machine.runs += 1
    shutil.rmtree(machine.folder, ignore_errors=True)
    shutil.copytree(content, machine.folder)
    machine.past += 2


def _note_allowances(world: World, site_name: str) -> None:
    """Both copies hold the same allowances: docs/operations/clones.md, limits."""
    if world.primary is None:
        return
    with world.primary.directory.read() as connection:
        rows = connection.execute(
            select(allowances.c.payer, allowances.c.granted_micros).where(
                allowances.c.site_name == site_name
            )
        ).all()
    for row in rows:
        world.held_twice[row.payer] += row.granted_micros
