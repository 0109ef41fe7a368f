"""Plays scenarios: opens what each needs, lets it happen, heals, and has it judged.

Scenarios of one plan share one installation, since to start it takes longer than most stories. Each
begins healed, drained and online, and its balances and watermarks at that moment are the opening
that the checkers count from. After a story that failed nothing more is played in that installation.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, Protocol

from chaos.checkers.never_overdrawn import never_overdrawn
from chaos.errors import ChaosError
from chaos.final_state import write_final_state
from chaos.history import History
from chaos.live.observe import observe, observe_opening, until_settled
from chaos.live_scenarios.installation import open_installation
from chaos.live_scenarios.replicas import replicas_follow
from chaos.live_scenarios.result import Result
from chaos.live_scenarios.stage import Stage
from chaos.scenarios.closing import judge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from chaos.checkers.verdict import Verdict
    from chaos.final_state import Opening
    from chaos.live_scenarios.installation import Installation
    from chaos.live_scenarios.scenario import Scenario

ONLINE: Final = "online"
STRICT: Final = "strict"


class Audience(Protocol):
    """Whoever is told how it goes."""

    def begins(self, scenario: Scenario) -> None:
        """This scenario is next."""

    def ended(self, result: Result) -> None:
        """This came of it."""


async def play(scenarios: Sequence[Scenario], folder: Path, audience: Audience) -> None:
    """Play all of them; data and logs stay in `folder`."""
    for group in groups(scenarios):
        while group:
            place = folder / group[0].name
            place.mkdir(parents=True)
            audience.begins(group[0])
            played = 0
            try:
                async with open_installation(group[0].plan, place) as installation:
                    kept = True
                    while kept and played < len(group):
                        if played:
                            audience.begins(group[played])
                        result = await _play_one(group[played], installation, place)
                        played += 1
                        audience.ended(result)
                        kept = result.kept
            except* ChaosError as errors:
                if not played:
                    audience.ended(_never_began(group[0], _first(errors)))
                    played = 1
            del group[:played]


def groups(scenarios: Sequence[Scenario]) -> list[list[Scenario]]:
    """Those that are played in one installation, in order of their first."""
    found: list[list[Scenario]] = []
    for scenario in scenarios:
        for group in found:
            if scenario.plan.shared and group[0].plan == scenario.plan:
                group.append(scenario)
                break
        else:
            found.append([scenario])
    return found


async def _play_one(scenario: Scenario, installation: Installation, place: Path) -> Result:
    lab = installation.lab
    stage = Stage(lab, installation.branches, scenario.name)
    verdicts: tuple[Verdict, ...] = ()
    error = ""
    try:
        async with _watched(stage):
            await _until_well(stage)
            opening = await observe_opening(lab.primary.api)
            await scenario.play(stage)
            verdicts = await _judged(scenario, stage, opening, place)
    except* ChaosError as errors:
        error = str(_first(errors))
    return Result(
        scenario=scenario,
        took_ms=stage.timeline.now_ms,
        began_ms=stage.timeline.began_ms,
        samples=tuple(stage.timeline.samples),
        marks=tuple(stage.timeline.marks),
        history=stage.history,
        verdicts=verdicts,
        checks=tuple(stage.checks),
        error=error,
    )


@asynccontextmanager
async def _watched(stage: Stage) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(stage.timeline.watch(stage.lab.sites))
        try:
            yield
        finally:
            watching.cancel()


async def _until_well(stage: Stage) -> None:
    await until_settled(stage.lab)
    for site in stage.lab.sites:
        await stage.until_link(site, ONLINE)


async def _judged(
    scenario: Scenario, stage: Stage, opening: Opening, place: Path
) -> tuple[Verdict, ...]:
    await stage.cure_all()
    await stage.settled()
    await stage.fetch_the_rest()
    await stage.settled()
    state = await observe(stage.lab, opening)
    write_final_state(state, place / f"{scenario.name}.state.json")
    verdicts = [
        *judge(stage.history, state),
        await replicas_follow(stage.lab, stage.timeline.samples),
    ]
    if scenario.plan.credit == STRICT:
        verdicts.append(never_overdrawn(state, opening.balances))
    return tuple(sorted(verdicts, key=lambda verdict: verdict.promise))


def _never_began(scenario: Scenario, error: BaseException) -> Result:
    return Result(
        scenario=scenario,
        took_ms=0,
        began_ms=0,
        samples=(),
        marks=(),
        history=History(records=()),
        error=f"Its installation could not be started: {error}",
    )


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
