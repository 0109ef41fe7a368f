"""`python -m chaos.mutants`: plants every known-bad variant, and says which checker noticed it."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Final

from chaos.mutants.catalogue import BY_NAME, MUTANTS
from chaos.mutants.field import trials

if TYPE_CHECKING:
    from chaos.mutants.field import Trial

FINDING_CHARS: Final = 160


def main() -> int:
    """A table, a line per variant; 1 where one survived."""
    parser = argparse.ArgumentParser(prog="python -m chaos.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", help="only these variants (default: all)")
    parser.add_argument("--why", action="store_true", help="also what was found")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in BY_NAME]
    if unknown:
        parser.error(f"there is no variant {unknown[0]!r}; see docs/mutants.md")
    mutants = [BY_NAME[name] for name in options.names] or list(MUTANTS)
    width = max(len(each.name) for each in mutants)
    survived = 0
    for each in trials(mutants):
        survived += not each.caught
        print(_line(each, width), flush=True)
        if options.why or not each.caught:
            _tell(each)
    print(f"{len(mutants)} variants, {len(mutants) - survived} caught, {survived} survived")
    return 1 if survived else 0


def _line(trial: Trial, width: int) -> str:
    name = f"{trial.mutant.name:<{width}}"
    if not trial.caught:
        return f"{name}  SURVIVED"
    others = [each for each in trial.caught_by if each != trial.mutant.caught_by]
    also = f" (and {', '.join(others)})" if others else ""
    return (
        f"{name}  promise {trial.mutant.promise}, {trial.mutant.caught_by}{also}, after "
        f"{trial.simulated_s:.0f} s simulated, {trial.processor_s:.1f} s of a processor"
    )


def _tell(trial: Trial) -> None:
    if trial.trouble:
        print(f"    it was not judged: {trial.trouble}")
    elif not trial.caught:
        print(f"    {trial.mutant.caught_by} found nothing; others: {', '.join(trial.caught_by)}")
    for checker, findings in trial.findings.items():
        for finding in findings:
            print(f"    {checker}: {finding[:FINDING_CHARS]}")


if __name__ == "__main__":
    sys.exit(main())
