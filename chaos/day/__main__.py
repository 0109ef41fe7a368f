"""A day at a company, on real processes: `make day`."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from chaos.day.day import Day, lab_plan
from chaos.day.report import latency_rows, page
from chaos.day.timetable import DayPlan
from chaos.errors import ChaosError
from chaos.live.lab import PROJECT, open_lab
from chaos.live.wan_choice import WanChoice
from chaos.scenarios.closing import PROMISES
from chaos.scenarios.narration import money

if TYPE_CHECKING:
    from chaos.day.outcome import DayOutcome


def options() -> argparse.Namespace:
    """The command line."""
    default = DayPlan()
    parser = argparse.ArgumentParser(prog="python -m chaos.day", description=__doc__)
    for name in ("sites", "people", "visits", "seed"):
        parser.add_argument(f"--{name}", type=int, default=getattr(default, name))
    parser.add_argument("--seconds", type=float, default=default.seconds, help="of ten hours")
    parser.add_argument("--wan", type=WanChoice, choices=list(WanChoice), default=WanChoice.AUTO)
    parser.add_argument("--keep", action="store_true", help="keep the lab's folder")
    return parser.parse_args()


async def live(plan: DayPlan, folder: Path, wan: WanChoice) -> DayOutcome:
    """The day in a lab of its own."""
    task = asyncio.current_task()
    if task is not None:
        # SIGTERM ends the lab as Ctrl-C does: cleanly, so that every process of it is ended.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    lab_of = await asyncio.to_thread(lab_plan, plan, folder, wan)
    async with open_lab(lab_of) as lab:
        return await Day(lab, plan, lambda text: print(f"  {text}", flush=True)).live()


def tell(outcome: DayOutcome) -> None:
    """The closing lines."""
    for call, where, count, middle, late, longest in latency_rows(outcome):
        print(f"  {call:<12} {where:<12} {count:>7}   {middle:>10} {late:>10} {longest:>10}")
    books = outcome.books
    print(
        f"  opening {money(books.opening_micros)}, with all credits and debits "
        f"{money(books.expected_micros)}, directory {money(books.closing_micros)}, ledger "
        f"{money(books.ledger_micros)}: {'right' if books.are_right else 'WRONG'}"
    )
    for verdict in outcome.verdicts:
        print(
            f"  {verdict.promise}. {PROMISES[verdict.promise]:<30} {verdict.validity:<8} "
            f"{verdict.measured}"
        )
        for finding in verdict.findings:
            print(f"     ! {finding}")
    for why in outcome.unserved:
        print(f"     ! {why}")


def closing_line(outcome: DayOutcome) -> str:
    """What the command ends in."""
    plan = outcome.plan
    return (
        f"day: {plan.visits - len(outcome.unserved):,} of {plan.visits:,} visits served at "
        f"{plan.sites} sites, {len(outcome.calls):,} calls, {outcome.documents:,} documents "
        f"printed, 3 outages, highest backlog {outcome.gauges.highest_backlog:,} entries, oldest "
        f"replica {outcome.gauges.oldest_s:.0f} s: {'ok' if outcome.is_well else 'BROKEN'}"
    )


def main() -> int:
    """0 where everybody was served, the books are right and every promise was kept."""
    asked = options()
    plan = DayPlan(
        sites=asked.sites,
        people=asked.people,
        visits=asked.visits,
        seconds=asked.seconds,
        seed=asked.seed,
    )
    demo_folder = PROJECT / ".demo"
    demo_folder.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="day-", dir=demo_folder))
    began_s = perf_counter()
    outcome: DayOutcome | None = None
    try:
        outcome = asyncio.run(live(plan, folder, asked.wan))
    except* ChaosError as errors:
        print(f"The day ended early: {errors.exceptions[0]}\nLogs: {folder}")
    if outcome is None:
        return 1
    tell(outcome)
    report = demo_folder / "day.html"
    report.write_text(page(outcome), encoding="utf-8")
    print(f"  lived in {perf_counter() - began_s:.0f} s; the day in one page: {report}")
    if outcome.is_well and not asked.keep:
        shutil.rmtree(folder)
    else:
        print(f"  logs, history and data: {folder}")
    print(closing_line(outcome))
    return 0 if outcome.is_well else 1


if __name__ == "__main__":
    sys.exit(main())
