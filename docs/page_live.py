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

Processes are killed with SIGKILL and stopped with SIGSTOP. A full disk is a tmpfs under the data
folder that a file fills. A lost power supply is a library that is loaded into the site server and
its children, records what they write and sync, and then lays out a disk that kept only what was
synced, and of the rest a part by chance (`docs/operations/kills-and-power-cuts.md`). Clocks are
moved by libfaketime.

In the scenarios of packets headquarters and the branch run in network namespaces of their own,
with no proxy between them. Where the kernel has netem, the two ends of a veth pair get `tc qdisc
replace dev wan root netem ...`; elsewhere two TUN devices are joined by a forwarder of ours that
loses, delays, doubles and reorders packets by a seed (`chaos/live/packets/`). The report says which
it was. The kernel of the machine on which these scenarios were written had no netem: `tc` parsed
its command lines and that kernel then refused them, so the veth pair was tried and the weather on
it was not.

Mounts and namespaces take root. Without it these scenarios are left out, which the report says
with the reason and the command, and the last line counts. Namespaces have no name: they end with
the run, however it ends. After a `kill -9` of the run itself a tmpfs may stay mounted: `mount |
grep holdfast`, `umount FOLDER`.

What they found: with a full disk headquarters let each site in and could take nothing from it, and
every site came back four times a second, each with a handshake and three lines in headquarters'
log. A connection that ends soon after its welcome now counts as a failed attempt, and is logged
once (`test_a_headquarters_that_lets_in_and_hangs_up_is_called_less_and_less_often`).
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
