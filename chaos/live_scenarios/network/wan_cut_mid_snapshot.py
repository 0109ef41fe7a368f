"""A new branch is cut off while it fetches its first replica."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

from chaos.history import Outcome
from chaos.live_scenarios.network.toxics import both
from chaos.live_scenarios.plan import Plan
from chaos.live_scenarios.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos.live_scenarios.stage import Stage

ROUNDS: Final = 2
PEOPLE: Final = 300
LONG_NAME: Final = "A person with a long name "


async def _play(stage: Stage) -> None:
    await _fill(stage)
    site = await stage.join("rome")
    await stage.poison("rome", "WAN narrow: 12 kB/s", *both("bandwidth", rate=12))
    await site.start()
    fetched, wanted = await _until_fetching(stage)
    await stage.cut("rome")
    stage.say(f"cut in the middle: {fetched} of {wanted} bytes were fetched", "rome")
    await stage.until_link("rome", "offline")
    await stage.heal("rome")
    rome = await stage.open("rome")
    stage.say("it is open", "rome")
    last = await rome.panel.log_in(_card(PEOPLE - 1))
    stage.check(last.outcome is Outcome.OK, "the last person of the directory logs in at rome")
    async with stage.at_work("rome"):
        await stage.visits(ROUNDS)


async def _fill(stage: Stage) -> None:
    """Make the directory large enough that to fetch it takes a while."""
    api = stage.lab.primary.api
    for number in range(PEOPLE):
        name = f"person{number}"
        (await api.add_user(name, LONG_NAME + secrets.token_hex(100))).expect("add a user")
    (await api.give_card(f"person{PEOPLE - 1}", _card(PEOPLE - 1))).expect("give a card")
    stage.say(f"headquarters knows {PEOPLE} people more", "primary")


def _card(number: int) -> str:
    return f"04{number:08X}"


async def _until_fetching(stage: Stage) -> tuple[int, int]:
    """Wait until a part of the directory is here; how much, and of how much."""
    seen = (0, 0)

    def is_between(status: Mapping[str, Any]) -> bool:
        nonlocal seen
        seen = (int(status["fetched_bytes"]), int(status["wanted_bytes"]))
        return 0 < seen[0] < seen[1]

    await stage.until_status("rome", "a part of the directory", is_between)
    return seen


SCENARIO = Scenario(
    name="wan-cut-mid-snapshot",
    story=(
        "A new branch fetches the directory for the first time over a narrow line, and the line "
        "is cut in the middle. It goes on as soon as the line is back, and opens with the whole "
        "directory."
    ),
    promises=(1, 2, 3, 4),
    incident=(
        "SafeQ 6: the cache of a branch got into a state that only deleting it and a careful "
        "restart could repair."
    ),
    play=_play,
    plan=Plan(site_names=("oslo",), late=("rome",)),
)
