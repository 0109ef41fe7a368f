"""What routers do to packets: loss, disorder, copies, one direction cut, one direction slow.

Headquarters and the branch run in network namespaces of their own; between them packets meet the
weather. No proxy ends a TCP connection on the way, so time-outs, repeats and half-dead connections
are those of the product and of the kernel.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from chaos.errors import ChaosError
from chaos.history import FaultKind
from chaos.live.packets.wan import HEADQUARTERS, PacketWan, PacketWans
from chaos.live.packets.weather import BLACK_HOLE, FAIR, Weather
from chaos.live_scenarios.plan import Plan
from chaos.live_scenarios.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from chaos.live.lab import Lab
    from chaos.live_scenarios.stage import Stage

SEED: Final = 5
ROUNDS: Final = 5
SITE: Final = "oslo"


@asynccontextmanager
async def _apart(lab: Lab) -> AsyncIterator[None]:
    lab.move_apart(await PacketWans.start(SEED))
    yield  # the lab closes it, with everything in it


PLAN: Final = Plan(
    site_names=(SITE,),
    primary_settings={"link": {"listen_host": HEADQUARTERS, "public_host": HEADQUARTERS}},
    equip=_apart,
)


@asynccontextmanager
async def weather(stage: Stage, name: str, *, up: Weather, down: Weather) -> AsyncIterator[None]:
    """Let packets meet this weather meanwhile; decisions are judged as in a cut."""
    wan = stage.lab.wans[SITE]
    if not isinstance(wan, PacketWan):
        raise ChaosError("There are no packets here to be lost: this lab has no namespaces.")
    stage.say(f"{stage.lab.wan_kind}; up: {up}; down: {down}", SITE)
    stage.began(SITE, name, FaultKind.WAN_SPOILED)
    await wan.set_weather(up=up, down=down)
    try:
        yield
    finally:
        stage.say(wan.told(), SITE)
        await wan.set_weather()
        stage.ended(SITE, name, FaultKind.WAN_HEALED)


def _bad_weather(name: str, up: Weather, down: Weather) -> Callable[[Stage], Awaitable[None]]:
    async def play(stage: Stage) -> None:
        async with stage.at_work():
            await stage.visits(ROUNDS)
            async with weather(stage, name, up=up, down=down):
                await stage.visits(ROUNDS, at_least_ms=6_000)
            await stage.until_up(SITE)
            await stage.visits(1)
        stage.check(not stage.troubles(SITE), "nobody at oslo was held up")

    return play


async def _one_way(stage: Stage) -> None:
    async with stage.at_work():
        await stage.visits(ROUNDS)
        for name, up, down in (
            ("nothing comes up", BLACK_HOLE, FAIR),
            ("nothing comes down", FAIR, BLACK_HOLE),
        ):
            async with weather(stage, name, up=up, down=down):
                await stage.until_link(SITE, "offline")
                await stage.visits(ROUNDS)
            await stage.until_up(SITE)
            await stage.visits(1)
    stage.check(not stage.troubles(SITE), "nobody at oslo was held up")


LOSS: Final = Weather(delay_ms=20, jitter_ms=5, loss_percent=10)
DISORDER: Final = Weather(delay_ms=20, jitter_ms=15, duplicate_percent=10, reorder_percent=30)
GLITCHES: Final = (
    "SafeQ's spooler groups prefer multicast, since TCP between them is fragile on short glitches"
    " of the line."
)
LOST: Final = Scenario(
    name="packets-lost",
    story="One packet in ten is lost in either direction: TCP repeats, and the link stutters.",
    promises=(1, 2, 3, 4, 5, 7),
    incident=GLITCHES,
    play=_bad_weather("one packet in ten lost", LOSS, LOSS),
    needs=("root",),
    plan=PLAN,
)
DISORDERED: Final = Scenario(
    name="packets-out-of-order",
    story=(
        "Packets overtake each other and arrive twice, as over two lines of which one is longer."
    ),
    promises=(1, 2, 3, 4, 5, 7),
    incident=GLITCHES,
    play=_bad_weather("packets out of order and twice", DISORDER, DISORDER),
    needs=("root",),
    plan=PLAN,
)
ONE_WAY: Final = Scenario(
    name="packets-one-way",
    story=(
        "A firewall swallows one direction: first nothing reaches headquarters, then nothing comes"
        " back. Either way both ends notice, and nobody at the branch waits."
    ),
    promises=(1, 2, 3, 4, 5, 7),
    incident="Blocked ports between site server and headquarters (PaperCut, troubleshooting page).",
    play=_one_way,
    needs=("root",),
    plan=PLAN,
)
LOPSIDED: Final = Scenario(
    name="packets-asymmetric",
    story="A satellite comes down in 600 ms and goes up over a telephone line in 30.",
    promises=(1, 2, 3, 4, 5, 7),
    incident="SafeQ's groups of spoolers need less than 100 ms between their members.",
    play=_bad_weather(
        "600 ms down, 30 up", Weather(delay_ms=30), Weather(delay_ms=600, jitter_ms=50)
    ),
    needs=("root",),
    plan=PLAN,
)
