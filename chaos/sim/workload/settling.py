"""Somebody at a site looks into the tray, and settles jobs of which nobody knows the outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from chaos.sim.in_process import finished
from failure_modes.job_lifecycle import JobState
from replication.errors import ReplicationError
from site_server.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from chaos.final_state import DocumentFound
    from chaos.sim.step import Frame, Scene
    from site_server.store.jobs import Job

JOBS_MAX: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """What lies in the tray was printed. While the printer still works nobody can say."""

    at_ms: int
    site_name: str

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """One of many."""
        return cls(
            at_ms=random.randrange(frame.length_ms), site_name=random.choice(frame.site_names)
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`."""
        world = scene.world
        site, printer = world.sites.get(self.site_name), world.printers[self.site_name]
        if site is None or site.services is None or printer.is_printing():
            return
        with site.store.read() as view:
            jobs = view.jobs.listing(ended=False, limit=JOBS_MAX)
        machine = world.machines[self.site_name]
        for job in jobs:
            if job.state is not JobState.UNKNOWN or not machine.life.is_alive:
                continue
            settle = site.services.delete_job.settle(
                job.job_uuid, printed=_lies_in_tray(job, printer.tray)
            )
            try:
                await finished(world.loop, machine, settle)
            except (RefusedError, ReplicationError):
                continue  # it is settled already, or nobody knows: another one will look


def _lies_in_tray(job: Job, tray: Sequence[DocumentFound]) -> bool:
    return any(each.sha256 == job.document_sha256 for each in tray)
