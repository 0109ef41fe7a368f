"""`python -m chaos.mutants.planted NAME`: one variant in a process of its own; says who noticed."""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import TYPE_CHECKING

from chaos.mutants.catalogue import BY_NAME
from chaos.mutants.planting import check_planted, plant

if TYPE_CHECKING:
    from chaos.mutants.mutant import Mutant
    from chaos.seeds.story import Ended


def main() -> int:
    """Print one line of JSON: the checkers that found something, and at what cost."""
    mutant = BY_NAME[sys.argv[1]]
    plant(mutant)
    logging.disable(logging.CRITICAL)
    ended = _ended(mutant)
    check_planted(mutant)
    said = {
        "caught_by": sorted({each.checker for each in ended.broken}),
        "findings": {each.checker: each.findings[:3] for each in ended.broken},
        "simulated_s": ended.simulated_s,
        "processor_s": time.process_time(),
    }
    sys.stdout.write(f"{json.dumps(said)}\n")
    return 0


def _ended(mutant: Mutant) -> Ended:
    # Only now: whatever is imported here is the variant.
    from chaos.mutants.plans import PLANS  # noqa: PLC0415
    from chaos.seeds.plan import plan_of  # noqa: PLC0415
    from chaos.seeds.story import run  # noqa: PLC0415

    if mutant.plan:
        steps = PLANS[mutant.plan]()
    else:
        steps = plan_of(mutant.seed, mutant.sites, mutant.hours)
    return run(mutant.seed, mutant.sites, steps)


if __name__ == "__main__":
    sys.exit(main())
