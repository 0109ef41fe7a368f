"""A site server is killed while a document is on its way to the printer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.live.waiting import until
from chaos.live_scenarios.machine.hands import WITHIN_MS, kill, start_again
from chaos.live_scenarios.organisation import ADA
from chaos.live_scenarios.plan import Plan
from chaos.live_scenarios.scenario import Scenario
from chaos.pdf_writer import PageInk, write_document

if TYPE_CHECKING:
    from chaos.live.branch import Branch
    from chaos.live_scenarios.stage import Stage
    from chaos.pdf_writer import Document

KILLS: Final = 4
PRINTING_MS: Final = 1_200
"""The printer has the document, and the paper is not out yet, for so long."""
PLAN: Final = Plan(site_names=("oslo",), printing_ms=PRINTING_MS)


async def _play(stage: Stage) -> None:
    branch, server = stage.branches["oslo"], stage.lab.sites["oslo"].server
    for number in range(KILLS):
        document = write_document(f"in-release-{number}", (PageInk.MONO,))
        await branch.send(document, ADA)
        job = await branch.until_held(ADA, document)
        (await branch.release(ADA, str(job["job_uuid"]))).expect("release a document")
        await _until_at_the_printer(branch, document)
        await kill(stage, server)
        stage.say("the printer has the document, and nobody asks how it went", "oslo")
        await start_again(stage, server)
        await branch.until_printed(document)
    await stage.settled()
    states = [job.state for job in await stage.lab.sites["oslo"].admin.jobs()]
    stage.check(states.count("printed") >= KILLS, "every document is known to be printed")


async def _until_at_the_printer(branch: Branch, document: Document) -> None:
    async def there() -> bool:
        return any(found.sha256 == document.sha256 for found in branch.printer.documents())

    await until(there, f"{document.name} at the printer", within_ms=WITHIN_MS, every_ms=20)


SCENARIO: Final = Scenario(
    name="site-killed-in-release",
    story=(
        "A site server is killed four times, each time while a document is at the printer and not"
        " on paper yet. It starts again, asks the printer, and neither prints twice nor forgets."
    ),
    promises=(1, 2, 3, 4, 5),
    incident=(
        "A CUPS client went away while the server printed, came back, and sent the job again"
        " without asking: it came out twice (apple/cups#3810, closed as won't fix)."
    ),
    play=_play,
    plan=PLAN,
)
