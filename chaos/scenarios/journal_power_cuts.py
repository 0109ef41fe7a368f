"""Power cuts of a site's journal: python -m chaos.scenarios.journal_power_cuts --images 1000."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from chaos.errors import ChaosError
from chaos.live.journal_power_cuts import JournalPowerCuts
from chaos.live.power_cut.recorder import build_recorder
from chaos.scenarios.narration import Narrator

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """The command line: 0 where every promised entry was in every image."""
    parser = argparse.ArgumentParser(prog="journal_power_cuts", description=__doc__)
    parser.add_argument("--images", type=int, default=1_000)
    parser.add_argument("--entries", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    narrator = Narrator(lambda text: print(text, flush=True))
    narrator.line(f"Holdfast: power cuts of a journal, seed {options.seed}")
    with tempfile.TemporaryDirectory(prefix="journal_power_cuts-") as name:
        folder = Path(name)
        try:
            cuts = JournalPowerCuts(folder, build_recorder(folder), entries=options.entries)
            asyncio.run(cuts.cut(options.images, Random(options.seed)))
        except ChaosError as error:
            narrator.line(f"  {error}")
            narrator.line("journal_power_cuts: WRONG")
            return 1
    narrator.line(
        f"journal_power_cuts: {cuts.images} images of {len(cuts.operations)} operations and"
        f" {options.entries} entries in {narrator.elapsed_s:.0f} s: 0 promised entries lost"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
