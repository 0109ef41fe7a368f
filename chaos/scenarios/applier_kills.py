"""The applier, killed hundreds of times: python -m chaos.scenarios.applier_kills --kills 500."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from chaos.errors import ChaosError
from chaos.live.applier_kills import FELL, AppliersKilled
from chaos.live.power_cut.recorder import build_recorder
from chaos.live.replica_feed import KINDS
from chaos.scenarios.narration import Narrator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.live.applier_kills import Tally


def main(arguments: Sequence[str]) -> int:
    """The command line: 0 where every replica was readable and right after every kill."""
    parser = argparse.ArgumentParser(prog="applier_kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    narrator = Narrator(lambda text: print(text, flush=True))
    narrator.line(f"Holdfast: the applier killed {options.kills} times, seed {options.seed}")
    with tempfile.TemporaryDirectory(prefix="applier_kills-") as name:
        folder = Path(name)
        killed = AppliersKilled(folder, build_recorder(folder), Random(options.seed))
        try:
            killed.kill(options.kills)
        except ChaosError as error:
            narrator.line(f"  {error}")
            narrator.line(f"applier_kills: WRONG after {killed.tally.kills} kills")
            return 1
    _tell(narrator, killed.tally)
    narrator.line(
        f"applier_kills: {killed.tally.kills} kills in {narrator.elapsed_s:.0f} s,"
        " 0 unreadable replicas, 0 wrong rows"
    )
    return 0


def _tell(narrator: Narrator, tally: Tally) -> None:
    narrator.table(("where it fell", "kills"), [(place, tally.fell[place]) for place in FELL])
    narrator.line()
    narrator.table(("what was asked", "kills"), [(kind, tally.kinds[kind]) for kind in KINDS])
    narrator.line()
    narrator.table(("chosen", "kills"), sorted(tally.ways.items()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
