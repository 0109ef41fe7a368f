"""The page of the live scenarios: how to run them, and what each of them is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.live_scenarios.catalogue import CATALOGUE
from chaos.live_scenarios.machine.scenarios import MACHINE
from chaos.live_scenarios.network.scenarios import NETWORK
from chaos.live_scenarios.promises import PROMISES
from docs.markdown import code, page, table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaos.live_scenarios.scenario import Scenario

HEAD = """
# Live faults

Written by `make docs` from the catalogue in `chaos/live_scenarios/`; do not edit.

    make live                     all of them; a quarter of an hour on two cores
    make live NAME=wan-cut        those whose name has this in it; several names in quotes
    make live LIST=1              what there is
    make live REPORT=FOLDER       where the report goes; else to a new folder in .live/

It ends with one line, and exit 1 where a promise was broken or a scenario did not come to its end:

    live: 20 scenarios in 305 s, 120 of 120 promises kept, 0 scenarios broken: ok. Report: .live/...

Ctrl-C ends it cleanly; the report then has what was played until then. Data and logs of a run in
which all is well are deleted (`python -m chaos.live_scenarios --keep` keeps them).

## What is real

All of it. Headquarters with litestream, the branches with their applier, the printers
(ippeveprinter), the desktop's client (ipptool) and the WAN between (toxiproxy, by toxiproxy-python)
are processes of their own. The link beats ten times as often as in the field, and however often it
falls it is tried again within a second. Nothing else is set otherwise.

## How it is judged

At each branch people print, release, copy and are refused while the fault lasts. Then everything
heals and drains, and the same checkers judge that judge the main job and the simulations: from what
the clients were answered and when, from the journals and the ledger, from the balances, from what
lies in the printers' trays, and, row by row, from the files of directory and replica. A promise
that a scenario names must have been judged: too little to judge from is not kept.

## The report

One HTML file without anything beside it. For each scenario: the story, the promises, the incident,
and a timeline of each branch with the fault, the state of the link, the entries that wait, the age
of the replica, and every decision as a dot (how long it took, and the answer as its colour); the
verdict of each checker; and how long decisions took with the fault and without it.

## Adding one

A module in `chaos/live_scenarios/network/` or `machine/` with a `Scenario`, and a line in the tuple
of `scenarios.py` beside it. Its `play` gets a `Stage` (`chaos/live_scenarios/stage.py`): people at
work, faults for a while, lines on the timeline, checks of its own. The frame heals and judges.
"""

NETWORK_HEAD = """
## Faults of the network
"""

MACHINE_HEAD = """
## Faults of processes, disks, clocks and network namespaces
"""

PROMISES_HEAD = """
## The promises
"""


def live() -> str:
    """The page."""
    promises = table(
        ["promise", "in a few words", "scenarios"],
        [[str(number), words, str(_count(number))] for number, words in PROMISES.items()],
    )
    parts = [HEAD, NETWORK_HEAD, _scenarios(NETWORK)]
    if MACHINE:
        parts += [MACHINE_HEAD, _scenarios(MACHINE)]
    return page(*parts, PROMISES_HEAD, promises)


def _count(promise: int) -> int:
    return sum(promise in scenario.promises for scenario in CATALOGUE)


def _scenarios(scenarios: Iterable[Scenario]) -> str:
    return table(
        ["scenario", "story", "promises", "incident of the field"],
        [
            [
                code(scenario.name) + "".join(f" (needs {need})" for need in scenario.needs),
                scenario.story,
                ", ".join(map(str, scenario.promises)),
                scenario.incident,
            ]
            for scenario in scenarios
        ],
    )
