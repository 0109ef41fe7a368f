"""The WAN is cut while a document is being printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.history import Outcome
from chaos.live_scenarios.organisation import ADA, GRACE
from chaos.live_scenarios.plan import Plan
from chaos.live_scenarios.scenario import Scenario
from chaos.pdf_writer import PageInk, write_document

if TYPE_CHECKING:
    from chaos.live_scenarios.stage import Stage

TIMES: Final = 3


async def _play(stage: Stage) -> None:
    oslo = stage.branches["oslo"]
    async with stage.at_work("lima"):
        for number in range(TIMES):
            document = write_document(f"mid-release-{number}", (PageInk.MONO,) * 2)
            await oslo.send(document, ADA)
            job = await oslo.until_held(ADA, document)
            answer = await oslo.release(ADA, str(job["job_uuid"]))
            await stage.cut("oslo")
            stage.check(answer.outcome is Outcome.OK, f"{document.name} is let go")
            printed = await oslo.until_printed(document)
            stage.say(f"{document.name} lies in the tray of {printed.printer_name}", "oslo")
            # What people do there while it is cut: enough of it to compare.
            session_id = await oslo.panel.session(GRACE.card_number)
            await oslo.panel.list_jobs(session_id)
            await oslo.panel.log_out(session_id)
            await stage.heal("oslo")
            await stage.until_up("oslo")


SCENARIO = Scenario(
    name="wan-cut-mid-release",
    story=(
        "Somebody releases a job at a slow printer, and while the paper comes the line is cut. "
        "The paper comes out once, the job is charged once, and headquarters learns of it later."
    ),
    promises=(1, 2, 3, 4, 7),
    incident=(
        "Equitrac, Unified Client: a transaction under way at the moment of the switch was not "
        "tracked."
    ),
    play=_play,
    plan=Plan(printing_ms=600),
)
