"""The main job, end to end, on real parts: `make demo`."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chaos.errors import ChaosError
from chaos.live.lab import PROJECT, LabPlan, open_lab
from chaos.live.wan_choice import WanChoice
from chaos.scenarios.main_job_steps import SAMPLES, MainJob
from chaos.scenarios.narration import Narrator

if TYPE_CHECKING:
    from collections.abc import Sequence


async def run(narrator: Narrator, plan: LabPlan, *, samples: int = SAMPLES) -> bool:
    """Tell the main job in a lab of its own; whether every promise was kept."""
    async with open_lab(plan) as lab:
        return await MainJob(lab, narrator, samples=samples).tell()


_VERDICTS: Final = {
    True: "Every promise kept: yes",
    False: "Every promise kept: no",
    None: "It did not come to its end, so the promises were not judged.",
}


async def _run_until_told_to_stop(narrator: Narrator, plan: LabPlan) -> bool:
    # SIGTERM ends the lab as Ctrl-C does: cleanly, so that every process of it is ended.
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await run(narrator, plan)


def main(arguments: Sequence[str]) -> int:
    """The command line: 0 where every promise was kept, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="main_job", description=__doc__)
    parser.add_argument("--wan", type=WanChoice, choices=list(WanChoice), default=WanChoice.AUTO)
    parser.add_argument("--keep", action="store_true", help="keep the lab's folder")
    options = parser.parse_args(arguments)
    demo_folder = PROJECT / ".demo"
    demo_folder.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="main_job-", dir=demo_folder))
    narrator = Narrator(lambda text: print(text, flush=True))
    narrator.line("Holdfast: the main job, end to end, on real parts")
    kept: bool | None = None
    try:
        kept = asyncio.run(
            _run_until_told_to_stop(narrator, LabPlan(folder=folder, wan=options.wan))
        )
    except* ChaosError as errors:
        narrator.line(f"\n  The story ended early: {_first(errors)}")
    except* (KeyboardInterrupt, asyncio.CancelledError):
        narrator.line("\n  Stopped.")
    narrator.line(f"\n  Told in {narrator.elapsed_s:.0f} s. {_VERDICTS[kept]}")
    if kept and not options.keep:
        shutil.rmtree(folder)
    else:
        narrator.line(f"  Logs, history and data: {folder}")
    return 0 if kept else 1


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
