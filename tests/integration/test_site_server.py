"""`holdfast-site` as a real process: its command line, its starts and its ends, its disk.

The primary, the printer, litestream and the WAN's relay are real processes too (`chaos.live`).
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chaos.history import Outcome
from chaos.live.branch import Branch, Person
from chaos.live.lab import FAST_LINK, Lab, LabPlan, open_lab
from chaos.live.panel import Copies
from chaos.live.processes import Children, Command, Finished, run
from chaos.live.stock_client import Destination
from chaos.live.waiting import until
from chaos.live.wan_choice import WanChoice
from chaos.pdf_writer import PageInk, write_document

if TYPE_CHECKING:
    from chaos.live.nodes import SiteNode
    from chaos.live.printer import VirtualPrinter
    from chaos.live.server import Server

pytestmark = [pytest.mark.live, pytest.mark.timeout(100)]

ADA = Person(user_name="ada", card_number="04A1B2C3D4")
MARY = "mary"
DOCUMENT = write_document("letter", (PageInk.MONO, PageInk.COLOUR))
COST_MICROS = 300_000
OPENING_MICROS = 20_000_000
COMMAND_MS = 30_000
STOP_MS = 5_000


# The command line, without a site.


async def site(*arguments: str, given: str = "") -> Finished:
    argv = (sys.executable, "-m", "site_server", *arguments)
    return await run(argv, within_ms=COMMAND_MS, given=given)


async def test_wrong_settings_are_said_all_at_once_with_status_2(tmp_path: Path) -> None:
    config = tmp_path / "site.toml"
    config.write_text('colour = "blue"\n[listen]\nport = 1\nipp_port = -1\n[limits]\njobs = 1\n')
    done = await site("run", "--config", str(config))
    assert done.exit_status == 2
    lines = done.errors.splitlines()
    assert [line.split(": ")[1] for line in lines] == [
        "listen.ipp_port",
        "listen.port",
        "limits.jobs",
        "colour",
    ]
    assert all(line.startswith(str(config)) for line in lines)


async def test_a_folder_that_never_joined_says_what_to_do(tmp_path: Path) -> None:
    for command in ("run", "status"):
        done = await site(command, "--data", str(tmp_path))
        assert (done.exit_status, done.output) == (1, "")
        assert "holdfast-site join" in done.errors


async def test_what_is_no_token_is_refused(tmp_path: Path) -> None:
    done = await site("join", "--data", str(tmp_path / "data"), given="hello")
    assert done.exit_status == 1
    assert "holdfast-primary token" in done.errors
    assert not (tmp_path / "data" / "identity").exists()


async def test_the_doctor_looks_at_everything(tmp_path: Path) -> None:
    done = await site("doctor", "--data", str(tmp_path))
    assert done.exit_status == 0, done.output
    for name in ("python", "pysqlite3", "sqlean", "cr-sqlite", "disk", "clock", "port 7310"):
        assert name in done.output
    (identity,) = [line for line in done.output.splitlines() if line.startswith("identity")]
    assert identity.split()[1] == "no"  # a folder that belongs to no site is no fault
    assert "holdfast-site join" in identity


# A running site.


@dataclass(frozen=True, slots=True)
class Scene:
    """A site with its printer and a panel."""

    lab: Lab
    branch: Branch
    printer: VirtualPrinter

    async def held(self) -> dict[str, Any]:
        sent = await self.branch.send(DOCUMENT, ADA)
        assert sent.outcome is Outcome.OK, sent.reason
        return await self.branch.until_held(ADA, DOCUMENT)

    async def state_of(self, job_uuid: str) -> str:
        jobs = await self.branch.site.admin.jobs()
        return next(job.state for job in jobs if job.job_uuid == job_uuid)

    async def all_settled(self) -> bool:
        return bool((await self.branch.site.admin.status())["deliveries"] == 0)

    async def number_recorded(self) -> bool:
        kinds = [entry.kind for entry in await self.branch.site.admin.journal()]
        return "job_released" in kinds and len(self.printer.received()) > 0

    async def ada_is_known(self) -> bool:
        return (await self.branch.panel.log_in(ADA.card_number)).outcome is Outcome.OK

    async def spent_micros(self) -> int:
        return OPENING_MICROS - (await self.branch.site.admin.balance("ada")).effective_micros


@pytest.fixture
def plan(tmp_path: Path) -> LabPlan:
    return LabPlan(
        folder=tmp_path, site_names=("oslo",), wan=WanChoice.RELAY, link_timing=FAST_LINK
    )


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
            f'[listen]\nhost = "127.0.0.1"\ndevice_port = {port}\nipp_port = 0\n'
        )
        return await site("run", "--config", str(config))


async def start(lab: Lab) -> Scene:
    await lab.start_primary()
    printer = await lab.start_printer("oslo")
    await lab.start_site("oslo")
    return Scene(lab, await lab.open_branch("oslo"), printer)


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
        assert "Another site server runs on this data folder" in second.errors

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


# A small disk.

DISK_BYTES = 48 * 1024**2
FLOOR_BYTES = 8 * 1024**2
ON_A_SMALL_DISK = (
    'mount -t tmpfs -o "size=$1" none "$2" && cp -a "$3/." "$2" && '
    'exec "$4" -m site_server run --config "$5"'
)
"""A mount of its own, seen by this process only: no root is needed where Linux allows that."""


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """The disk of a running site, as seen from outside its mount namespace."""

    folder: Path

    @property
    def free_bytes(self) -> int:
        return shutil.disk_usage(self.folder).free

    def leave(self, free_bytes: int) -> None:
        with (self.folder / "ballast").open("ab") as ballast:
            ballast.write(bytes(max(0, self.free_bytes - free_bytes)))

    def clear(self) -> None:
        (self.folder / "ballast").unlink()


async def start_on_a_small_disk(children: Children, oslo: SiteNode) -> SmallDisk:
    """Start the site on a copy of its data folder, with the ports that it had."""
    server = oslo.server
    mount_point, config = server.folder / "disk", server.folder / "small.toml"
    mount_point.mkdir()
    ports = server.ports
    config.write_text(
        f'data_dir = "{mount_point}"\n[listen]\nhost = "127.0.0.1"\n'
        f"device_port = {ports['device']}\nipp_port = {ports['ipp']}\n"
        f"[limits]\nfree_bytes_min = {FLOOR_BYTES}\n"
    )
    arguments = (str(DISK_BYTES), mount_point, server.data_folder, sys.executable, config)
    child = await children.start(
        Command(
            name="oslo on a small disk",
            argv=(
                *("unshare", "--user", "--map-root-user", "--mount", "sh", "-c"),
                *(ON_A_SMALL_DISK, "sh", *map(str, arguments)),
            ),
            log_path=server.folder / "small.log",
        )
    )
    disk = SmallDisk(Path(f"/proc/{child.pid}/root{mount_point}"))

    async def listens() -> bool:
        child.check_alive()
        return (disk.folder / "ports.json").exists()

    await until(listens, "oslo on its small disk", within_ms=30_000)
    return disk


async def test_a_full_disk_refuses_before_acceptance_and_works_again_after(plan: LabPlan) -> None:
    async with open_lab(plan) as lab, Children() as children:
        scene = await start(lab)
        oslo, panel = scene.branch.site, scene.branch.panel
        held = await scene.held()
        await oslo.server.stop()
        disk = await start_on_a_small_disk(children, oslo)

        disk.leave(FLOOR_BYTES - 1)
        journal = await oslo.admin.journal()
        sent = await scene.branch.send(write_document("refused", (PageInk.MONO,)), ADA)
        assert sent.outcome is Outcome.REFUSED
        assert "temporary-error" in sent.reason
        assert await oslo.admin.journal() == journal
        assert (await oslo.admin.health()).status == 503
        # What is held still goes: the floor keeps room for the site's own records.
        (await scene.branch.release(ADA, held["job_uuid"])).expect("release")
        await scene.branch.until_printed(DOCUMENT)

        disk.leave(0)
        login = await panel.log_in(ADA.card_number)
        while login.outcome is Outcome.OK:  # the disk's last bytes are in the database's files
            login = await panel.log_in(ADA.card_number)
        assert (login.status, login.reason) == (507, "disk_full")

        disk.clear()
        again = await scene.branch.send(write_document("taken", (PageInk.MONO,)), ADA)
        assert again.outcome is Outcome.OK, again.reason
        (await panel.log_in(ADA.card_number)).expect("log in again")
        assert await scene.spent_micros() == COST_MICROS
