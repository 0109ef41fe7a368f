"""Headquarters edits while a branch is cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.history import Outcome
from chaos.live.branch import Person
from chaos.live.waiting import until
from chaos.live_scenarios.scenario import Scenario
from chaos.live_scenarios.stage import WITHIN_MS

if TYPE_CHECKING:
    from chaos.live_scenarios.stage import Stage

ROUNDS: Final = 3
NEWCOMER: Final = Person(user_name="nina", card_number="04AA55AA55")
LEAVER: Final = Person(user_name="karl", card_number="04BB66BB66")


async def _play(stage: Stage) -> None:
    api, oslo = stage.lab.primary.api, stage.branches["oslo"]
    await _add(stage, LEAVER)
    await _until(stage, LEAVER, Outcome.OK)
    async with stage.at_work():
        await stage.visits(ROUNDS)
        await stage.cut("oslo")
        await stage.until_link("oslo", "offline")
        await _add(stage, NEWCOMER)
        gone = await api.patch(f"/users/{LEAVER.user_name}", {"enabled": False})
        gone.expect("take away a right")
        stage.say("one person comes, another one leaves", "primary")
        unknown = await oslo.panel.log_in(NEWCOMER.card_number)
        stage.check(unknown.outcome is Outcome.REFUSED, "oslo cannot know the new card yet")
        await stage.visits(ROUNDS)
        await stage.heal("oslo")
        await _until(stage, NEWCOMER, Outcome.OK)
        await _until(stage, LEAVER, Outcome.REFUSED)
    stage.check(ok=True, text="after healing the new person may print at oslo, the other may not")


async def _add(stage: Stage, person: Person) -> None:
    api = stage.lab.primary.api
    (await api.add_user(person.user_name, person.user_name.title())).expect("add a user")
    (await api.give_card(person.user_name, person.card_number)).expect("give a card")


async def _until(stage: Stage, person: Person, outcome: Outcome) -> None:
    async def look() -> bool:
        answer = await stage.branches["oslo"].panel.log_in(person.card_number)
        return answer.outcome is outcome

    await until(look, f"{person.user_name} at oslo: {outcome}", within_ms=WITHIN_MS)


SCENARIO = Scenario(
    name="edits-while-cut",
    story=(
        "While a branch is cut off, headquarters adds a person with a card, takes away another's "
        "right to print, and books a credit. When the line heals all of it arrives, in order, and"
        " nothing was skipped."
    ),
    promises=(1, 2, 3, 4, 7),
    incident=(
        "SafeQ 5 and MyQ: who was deleted during an outage stayed valid at the branch, and who "
        "was added could not print."
    ),
    play=_play,
)
