"""A real site on a disk that fills up."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chaos.history import Outcome
from chaos.live.lab import LabPlan, open_lab
from chaos.live.processes import Children, Command
from chaos.live.waiting import until
from chaos.pdf_writer import PageInk, write_document
from tests.integration.site_scene import (
    ADA,
    COST_MICROS,
    DOCUMENT,
    one_site,
    start,
)

if TYPE_CHECKING:
    from chaos.live.nodes import SiteNode

pytestmark = [pytest.mark.live, pytest.mark.timeout(100)]

DISK_BYTES = 48 * 1024**2
FLOOR_BYTES = 8 * 1024**2
ON_A_SMALL_DISK = (
    'mount -t tmpfs -o "size=$1" none "$2" && cp -a "$3/." "$2" && '
    'exec "$4" -m site_server run --config "$5"'
)
"""A mount of its own, seen by this process only: no root is needed where Linux allows that."""


@pytest.fixture
def plan(tmp_path: Path) -> LabPlan:
    return one_site(tmp_path)


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
        f"ipps_port = {ports['ipps']}\n"
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
