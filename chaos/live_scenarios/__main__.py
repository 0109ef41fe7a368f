"""Faults against a whole installation of real processes, judged by the promises: `make live`.

Each scenario is played with people at work, and judged when everything has healed. The run ends
with a report to look at.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chaos.live.lab import PROJECT
from chaos.live_scenarios.catalogue import CATALOGUE
from chaos.live_scenarios.play import play
from chaos.live_scenarios.report.page import Run, report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.live_scenarios.result import Result
    from chaos.live_scenarios.scenario import Scenario

STOPPED: Final = 130
UNKNOWN: Final = 2
REPORT_NAME: Final = "report.html"
SPACE: Final = 30


class Terminal:
    """Tells how it goes, a line per scenario, and keeps the results."""

    def __init__(self) -> None:
        self.results: list[Result] = []

    def begins(self, scenario: Scenario) -> None:
        """Say which."""
        print(f"  {scenario.name:<{SPACE}} ", end="", flush=True)

    def ended(self, result: Result) -> None:
        """Say what came of it, and why where it is bad."""
        self.results.append(result)
        said = "kept" if result.kept else "BROKEN"
        promises = ", ".join(map(str, result.promises))
        print(f"{said:<7} {result.took_ms / 1000:5.1f} s   promises {promises or '-'}", flush=True)
        for line in _complaints(result):
            print(f"      ! {line}", flush=True)


def main(arguments: Sequence[str]) -> int:
    """0 where every promise was kept, 1 where not, 130 where it was stopped."""
    options = _parser().parse_args(arguments)
    wanted, refused = _wanted(options.names)
    if refused:
        print(f"There is no scenario {', '.join(refused)}. To see all: make live LIST=1")
        return UNKNOWN
    if options.list:
        _print_list(wanted)
        return 0
    unable = [s for s in wanted if "root" in s.needs and os.geteuid() != 0]
    left_out = tuple(f"{scenario.name}: it needs root" for scenario in unable)
    for text in left_out:
        print(f"  left out: {text}")
    folder = _folder(options.report)
    terminal = Terminal()
    when = time.strftime("Begun on %Y-%m-%d at %H:%M %Z")
    began_s = time.perf_counter()
    stopped = False
    try:
        asyncio.run(_until_stopped([s for s in wanted if s not in unable], folder, terminal))
    except (KeyboardInterrupt, asyncio.CancelledError):
        stopped = True
        print("\nStopped.", flush=True)
    path = folder / REPORT_NAME
    run = Run(results=tuple(terminal.results), when=when, machine=_machine(), left_out=left_out)
    path.write_text(report(run), encoding="utf-8")
    if not options.keep and not stopped and all(result.kept for result in terminal.results):
        shutil.rmtree(folder / "data")
    said = _last_line(terminal.results, time.perf_counter() - began_s, path)
    print(f"{said} (stopped before its end)" if stopped else said, flush=True)
    if stopped:
        return STOPPED
    return 0 if all(result.kept for result in terminal.results) else 1


async def _until_stopped(wanted: Sequence[Scenario], folder: Path, terminal: Terminal) -> None:
    # SIGTERM ends it as Ctrl-C does: cleanly, so that every process of it is ended.
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await play(wanted, folder / "data", terminal)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make live", description=__doc__)
    parser.add_argument("names", nargs="*", help="only these; a part of a name is enough")
    parser.add_argument("--list", action="store_true", help="only say what there is")
    parser.add_argument("--keep", action="store_true", help="keep data and logs if all is well")
    parser.add_argument("--report", type=Path, help="a new folder for report, logs and data")
    return parser


def _wanted(names: Sequence[str]) -> tuple[list[Scenario], list[str]]:
    refused = [n for n in names if not any(n in scenario.name for scenario in CATALOGUE)]
    wanted = [s for s in CATALOGUE if not names or any(name in s.name for name in names)]
    return wanted, refused


def _folder(asked: Path | None) -> Path:
    if asked is not None:
        asked.mkdir(parents=True, exist_ok=True)
        return asked
    parent = PROJECT / ".live"
    parent.mkdir(exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=time.strftime("%Y-%m-%d-%H%M%S-"), dir=parent))


def _machine() -> str:
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    system = platform.uname()
    return (
        f"{os.cpu_count()} processors, {memory_bytes / 2**30:.0f} GB of memory, "
        f"{system.system} {system.release} ({system.machine}), Python {platform.python_version()}"
    )


def _print_list(scenarios: Sequence[Scenario]) -> None:
    for scenario in scenarios:
        promises = ", ".join(map(str, scenario.promises))
        needs = f"; needs {', '.join(scenario.needs)}" if scenario.needs else ""
        print(f"  {scenario.name}   (promises {promises}{needs})\n      {scenario.story}")


def _complaints(result: Result) -> list[str]:
    judged = {verdict.promise for verdict in result.judged}
    return [
        *([result.error] if result.error else []),
        *(
            f"promise {each}: nobody judged it"
            for each in result.scenario.promises
            if each not in judged and not result.error
        ),
        *(
            f"promise {verdict.promise}: {text}"
            for verdict in result.judged
            if not verdict.kept
            for text in verdict.findings or ("too little was seen to judge it",)
        ),
        *(f"not so: {check.text}" for check in result.checks if not check.ok),
    ]


def _last_line(results: Sequence[Result], took_s: float, path: Path) -> str:
    promises = [kept for result in results for kept in result.promises.values()]
    broken = sum(not result.kept for result in results)
    said = "BROKEN" if broken else "ok"
    return (
        f"live: {len(results)} scenarios in {took_s:.0f} s, {sum(promises)} of {len(promises)}"
        f" promises kept, {broken} scenarios broken: {said}. Report: {path}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
