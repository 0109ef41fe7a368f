"""`holdfast-site` as a real process: its starts and its ends.

The primary, the printer, litestream and the WAN's relay are real processes too (`chaos.live`).
"""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING

import pytest

from chaos.history import Outcome
from chaos.live.lab import LabPlan, open_lab
from chaos.live.panel import Copies
from chaos.live.stock_client import Destination
from chaos.live.waiting import until
from chaos.pdf_writer import PageInk, write_document
from tests.integration.site_scene import (
    ADA,
    COST_MICROS,
    DOCUMENT,
    one_site,
    site,
    start,
)

if TYPE_CHECKING:
    from pathlib import Path

    from chaos.live.processes import Finished
    from chaos.live.server import Server

pytestmark = [pytest.mark.live, pytest.mark.timeout(100)]

MARY = "mary"
STOP_MS = 5_000


@pytest.fixture
def plan(tmp_path: Path) -> LabPlan:
    return one_site(tmp_path)


def forget_replica(data_folder: Path) -> None:
    for path in data_folder.glob("replica.*"):
        path.unlink()
    shutil.rmtree(data_folder / "mirror")


async def run_beside_a_taken_port(server: Server) -> Finished:
    taken = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with taken:
        port = taken.sockets[0].getsockname()[1]
        config = server.folder / "taken.toml"
        config.write_text(
            f'data_dir = "{server.data_folder}"\n'
            f'[listen]\nhost = "127.0.0.1"\ndevice_port = {port}\nipp_port = 0\nipps_port = 0\n'
        )
        return await site("run", "--config", str(config))


async def test_a_site_stops_cleanly_and_comes_back_with_everything(plan: LabPlan) -> None:
    async with open_lab(plan) as lab:
        scene = await start(lab)
        server, panel = scene.branch.site.server, scene.branch.panel
        job = await scene.held()
        session = await panel.session(ADA.card_number)
        copy = (await panel.start_copies(session, Copies(pages=3))).expect("copy")

        told = await site("status", "--config", str(server.config_path))
        assert (told.exit_status, told.errors) == (0, "")
        assert "site_name" in told.output
        second = await site("run", "--config", str(server.config_path))
        assert second.exit_status == 1
        assert "Another server runs on this data folder" in second.errors

        async with asyncio.timeout(STOP_MS / 1000):
            await server.stop()
        assert server.child.exit_status == 0, server.child.log_tail()
        assert not (server.data_folder / "ports.json").exists()
        assert "Traceback" not in server.child.command.log_path.read_text()

        elsewhere = await run_beside_a_taken_port(server)
        assert elsewhere.exit_status == 1
        (line,) = elsewhere.errors.splitlines()[-1:]
        assert line.startswith("Cannot listen on 127.0.0.1 port ")

        await server.start()
        assert (await panel.jobs(session))[0]["job_uuid"] == job["job_uuid"]
        finished = await panel.finish_copies(session, copy["copy_uuid"], mono_pages=2)
        assert finished.expect("finish")["cost_micros"] == 100_000
        (await panel.release(session, job["job_uuid"])).expect("release")
        paper = await scene.branch.until_printed(DOCUMENT)
        assert paper.sha256 == DOCUMENT.sha256
        await until(scene.all_settled, "the outcome", within_ms=10_000)
        assert await scene.state_of(job["job_uuid"]) == "printed"
        assert await scene.spent_micros() == COST_MICROS + 100_000


async def test_a_kill_while_the_printer_prints_is_settled_by_the_printers_record(
    plan: LabPlan,
) -> None:
    async with open_lab(plan) as lab:
        scene = await start(lab)
        job = await scene.held()
        (await scene.branch.release(ADA, job["job_uuid"])).expect("release")
        await until(scene.number_recorded, "the printer's number", within_ms=10_000, every_ms=5)
        await scene.branch.site.server.crash()
        await scene.branch.site.server.start()
        await until(scene.all_settled, "an outcome", within_ms=40_000)
        state = await scene.state_of(job["job_uuid"])
        printed = [each for each in scene.printer.printed() if each.sha256 == DOCUMENT.sha256]
        assert (state, len(printed)) in {("printed", 1), ("held", 0)}
        assert await scene.spent_micros() == COST_MICROS * len(printed)


async def test_a_printer_that_is_off_costs_nobody_anything(plan: LabPlan) -> None:
    async with open_lab(plan) as lab:
        scene = await start(lab)
        branch = scene.branch
        await scene.printer.stop()
        job = await scene.held()
        (await branch.release(ADA, job["job_uuid"])).expect("release")
        await until(scene.all_settled, "the job to come back", within_ms=40_000)
        assert await scene.spent_micros() == 0
        session = await branch.panel.session(ADA.card_number)
        (listed,) = await branch.panel.jobs(session)
        assert (listed["reason"], listed["may_go"]) == ("printer_unreachable", True)

        direct = Destination(port=branch.site.ipp_port, queue_name="oslo-direct", user_name=MARY)
        other = write_document("direct", (PageInk.MONO,))
        sent = await branch.desktop.print_with_lp(other, direct)
        assert sent.outcome is Outcome.OK, sent.reason
        await scene.printer.start()
        await branch.until_printed(other)  # a direct job waits for its printer by itself
        (await branch.panel.release(session, job["job_uuid"])).expect("release again")
        await branch.until_printed(DOCUMENT)


async def test_a_site_without_a_replica_says_so_and_works_once_it_has_one(plan: LabPlan) -> None:
    async with open_lab(plan) as lab:
        scene = await start(lab)
        oslo, panel = scene.branch.site, scene.branch.panel
        await oslo.server.stop()
        await lab.primary.server.crash()
        forget_replica(oslo.server.data_folder)
        await oslo.start()

        refused = await panel.log_in(ADA.card_number)
        assert (refused.status, refused.reason) == (503, "no_replica")
        sent = await scene.branch.send(DOCUMENT, ADA)
        assert sent.outcome is Outcome.REFUSED
        assert "not-accepting-jobs" in sent.reason
        assert (await oslo.admin.status())["journal_seq"] == 0
        assert (await oslo.admin.health()).status == 503

        await lab.primary.server.start()
        await until(scene.ada_is_known, "the first replica", within_ms=40_000)
        await scene.held()
