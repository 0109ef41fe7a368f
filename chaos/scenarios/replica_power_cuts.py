"""Power cuts of a replica: python -m chaos.scenarios.replica_power_cuts --images 3000."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from chaos.errors import ChaosError
from chaos.live.power_cut.recorder import build_recorder
from chaos.live.replica_power_cuts import ReplicaPowerCuts
from chaos.scenarios.narration import Narrator

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE_SIZES: Final = (512, 1024, 4096, 16_384)
STATES: Final = 60


def main(arguments: Sequence[str]) -> int:
    """The command line: 0 where every image was readable and right."""
    parser = argparse.ArgumentParser(prog="replica_power_cuts", description=__doc__)
    parser.add_argument("--images", type=int, default=3_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    narrator = Narrator(lambda text: print(text, flush=True))
    narrator.line(f"Holdfast: power cuts of a replica, seed {options.seed}")
    with tempfile.TemporaryDirectory(prefix="replica_power_cuts-") as name:
        folder = Path(name)
        cuts = ReplicaPowerCuts(folder, build_recorder(folder), Random(options.seed))
        try:
            for page_size in PAGE_SIZES:
                cuts.cut(options.images // len(PAGE_SIZES), states=STATES, page_size=page_size)
        except ChaosError as error:
            narrator.line(f"  {error}")
            narrator.line(f"replica_power_cuts: WRONG after {cuts.tally.images} images")
            return 1
    tally = cuts.tally
    narrator.table(("what the cut left", "images"), sorted(tally.found.items()))
    narrator.line(
        f"replica_power_cuts: {tally.images} images of {tally.operations} operations, applied on"
        f" from {tally.went_on}, in {narrator.elapsed_s:.0f} s: 0 unreadable replicas, 0 wrong rows"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
