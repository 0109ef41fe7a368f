"""`python -m chaos.seeds`: days of a company in seconds, with faults, judged by every promise."""

from __future__ import annotations

import argparse
import sys
import time
from itertools import count, takewhile
from typing import TYPE_CHECKING, Final

from chaos.seeds.fleet import Wanted, fleet, with_fixed_hashes
from chaos.seeds.shrink import shrunk
from chaos.seeds.summary import HOUR_S, Summary
from chaos.sim.organisation import SITE_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaos.seeds.story import Ended

STOPPED: Final = 130


def main() -> int:
    """Run what the arguments say; 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m chaos.seeds", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed (default: 1)")
    parser.add_argument("--count", type=_positive, default=1, help="seeds, one after the other")
    parser.add_argument("--minutes", type=float, help="as many seeds as fit, on all cores")
    parser.add_argument("--sites", type=_sites, default=3, help="1 to 8 (default: 3)")
    parser.add_argument("--hours", type=float, default=1.0, help="simulated, of work and faults")
    parser.add_argument("--plan", action="store_true", help="only print what would happen")
    parser.add_argument(
        "--reach",
        action="store_true",
        help="fail where a kind of fault never came or a promise was never judged",
    )
    parser.add_argument("--shrink", action="store_true", help="make a plan that fails small")
    options = parser.parse_args()
    first = Wanted(seed=options.seed, sites=options.sites, hours=options.hours)
    if options.plan:
        for step in first.steps:
            print(step)
        return 0
    with_fixed_hashes()
    if options.minutes is not None:
        end_s = time.perf_counter() + 60 * options.minutes
        seeds: Iterable[int] = takewhile(
            lambda _seed: time.perf_counter() < end_s, count(options.seed)
        )
    else:
        seeds = range(options.seed, options.seed + options.count)
    wanted = (Wanted(seed=seed, sites=first.sites, hours=first.hours) for seed in seeds)
    try:
        summary = _run(wanted, shrinks=options.shrink)
    except KeyboardInterrupt:
        print("Stopped.")
        return STOPPED
    unreached = summary.unreached if options.reach else ()
    for each in unreached:
        print(f"    not reached: {each}")
    return 1 if summary.failing or unreached else 0


def _run(wanted: Iterable[Wanted], *, shrinks: bool) -> Summary:
    summary = Summary()
    for each, ended in fleet(wanted):
        print(_line(each, ended), flush=True)
        summary.add(each, ended)
        if ended.broken:
            _tell(each, ended)
            if shrinks:
                _tell_small(shrunk(each, ended))
    if summary.seeds > 1:
        for line in summary.lines():
            print(line)
    return summary


def _line(wanted: Wanted, ended: Ended) -> str:
    said = "BROKEN" if ended.broken else "ok"
    return (
        f"seed {wanted.seed}: {ended.simulated_s / HOUR_S:.1f} h, {ended.faults} faults,"
        f" {len(ended.verdicts)} checks: {said}   (history {ended.digest[:16]})"
    )


def _tell(wanted: Wanted, ended: Ended) -> None:
    for verdict in ended.broken:
        print(f"    promise {verdict.promise}, {verdict.checker}:")
        for finding in verdict.findings[:10]:
            print(f"        {finding}")
    print(f"    to see it again: {wanted.command}")


def _tell_small(small: Wanted) -> None:
    print(f"    it takes no more than these {len(small.steps)} steps:")
    for step in small.steps:
        print(f"        {step}")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _sites(text: str) -> int:
    number = _positive(text)
    if number > len(SITE_NAMES):
        raise argparse.ArgumentTypeError(f"at most {len(SITE_NAMES)}")
    return number


if __name__ == "__main__":
    sys.exit(main())
