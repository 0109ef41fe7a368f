"""Somebody knocks at headquarters' door for sites with papers that are not good for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from chaos.sim.chance import part_of
from chaos.sim.door import Asked
from chaos.sim.forged import Forgery, forged
from chaos.sim.wan import Line
from primary.service.who_calls import JOIN_PATH
from replication.adapters.downloads import LinkDownError
from replication.known_entry import KNOWN_PATH
from replication.renewal import RENEW_PATH
from replication.told import TOLD_PATH, Question

if TYPE_CHECKING:
    from random import Random

    from chaos.sim.handshake import Papers
    from chaos.sim.step import Frame, Scene
    from chaos.sim.world import World

ANSWER_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Intruding:
    """Everything that can be asked for is asked for, `after_ms` after the papers were got."""

    at_ms: int
    site_name: str
    forgery: Forgery
    after_ms: int

    @classmethod
    def draw(cls, random: Random, frame: Frame) -> Self:
        """Papers of each kind."""
        return cls(
            at_ms=random.randrange(frame.length_ms),
            site_name=random.choice(frame.site_names),
            forgery=random.choice(tuple(Forgery)),
            after_ms=random.choice((0, 30_000, frame.length_ms // 3)),
        )

    async def do(self, scene: Scene) -> None:
        """See `chaos.sim.step.Step`."""
        world = scene.world
        papers = await forged(world, self.forgery, self.site_name)
        await asyncio.sleep(self.after_ms / 1000)
        for asked in _everything(self.site_name, papers.epoch):
            await _knock(world, papers, asked)
        if self.forgery is not Forgery.STOLEN:  # that would be a clone: see `faults.site_cloned`
            line = Line(part_of(world.seed, f"line of an intruder at {self.at_ms}"))
            end = world.call(line, papers)
            if end is not None:
                end.close()


def _everything(site_name: str, epoch: int) -> tuple[Asked, ...]:
    question = Question(user_name="user1").model_dump_json().encode()
    lineage = "0" * 32
    return (
        Asked(path="/v1/ltx/manifest?after=0"),
        Asked(path=f"/v1/ltx/delta/{lineage}/1-2"),
        Asked(path=f"/v1/ltx/file/{lineage}/ltx/9/{1:016x}-{1:016x}.ltx"),
        Asked(path=f"{KNOWN_PATH}/{max(epoch, 1)}/1"),
        Asked(method="POST", path=TOLD_PATH, body=question),
        Asked(method="POST", path=RENEW_PATH),
        Asked(method="POST", path=JOIN_PATH, body=b"{}"),
        Asked(path=f"/v1/sites/{site_name}"),
    )


async def _knock(world: World, papers: Papers, asked: Asked) -> None:
    """Whatever comes of it stands in the history."""
    try:
        async with asyncio.timeout(ANSWER_S):
            await world.ask(papers, asked)
    except (LinkDownError, TimeoutError):
        return
