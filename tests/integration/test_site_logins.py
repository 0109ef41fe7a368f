"""PINs and passwords end to end: given at headquarters, used at a branch whose WAN is cut."""

from __future__ import annotations

import shutil
import sys
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from chaos.live.json_client import JsonClient
from chaos.live.lab import open_lab
from chaos.live.processes import run
from chaos.live.waiting import until
from tests.integration.site_scene import ADA, COMMAND_MS, DOCUMENT, one_site, site, start
from tests.integration.slapd import USER_DN, slapd

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from chaos.live.json_client import Answer
    from tests.integration.site_scene import Scene

pytestmark = [pytest.mark.live, pytest.mark.timeout(100)]

PIN, PASSWORD = "081507", "correct horse"
CREATED = HTTPStatus.CREATED
RULES = {"pin_needed": True, "password_login": "replicated_hash"}


async def headquarters(scene: Scene, *arguments: str, given: str) -> None:
    data = str(scene.lab.primary.server.data_folder)
    argv = (sys.executable, "-m", "primary", *arguments, "--data", data)
    done = await run(argv, within_ms=COMMAND_MS, given=given)
    assert done.exit_status == 0, done.errors


@asynccontextmanager
async def keypad(scene: Scene) -> AsyncIterator[Callable[..., Awaitable[Answer]]]:
    """A panel with keys: what it answers to whoever stands there."""
    token = await scene.lab.primary.api.device_token("keypad", "oslo", "oslo-laser")
    node = scene.branch.site
    address = f"https://localhost:{node.server.ports['device']}"
    async with JsonClient(address, node.ca_path, token) as client:

        async def log_in(**body: str) -> Answer:
            return await client.call("POST", "/device/v1/sessions", body)

        yield log_in


async def test_pins_and_passwords_of_headquarters_open_a_panel_whose_wan_is_cut(
    tmp_path: Path,
) -> None:
    async with open_lab(one_site(tmp_path)) as lab:
        scene = await start(lab)
        await headquarters(scene, "set-pin", "--user", "ada", given=f"{PIN}\n")
        await headquarters(scene, "set-password", "--user", "ada", given=f"{PASSWORD}\n")
        (await lab.primary.api.put("/policies/site/oslo", {"rules": RULES})).expect("set rules")
        card = {"card_number": ADA.card_number}
        ada = {"user_name": "ada", "password": PASSWORD}
        async with keypad(scene) as log_in:

            async def knows_all() -> bool:
                return (await log_in(**ada)).status == CREATED

            await until(knows_all, "ada's password at the site", within_ms=20_000)
            await lab.cut("oslo")

            assert (await log_in(**card)).reason == "pin_needed"
            assert (await log_in(**card, pin="4711")).reason == "wrong_pin"
            assert (await log_in(**card, pin=PIN)).status == CREATED
            assert (await log_in(user_name="ada", password="guess")).reason == "wrong_password"
            assert (await log_in(**ada)).status == CREATED

        site_folder = lab.sites["oslo"].server.folder
        for file in site_folder.rglob("*"):
            if file.is_file():
                content = file.read_bytes()
                assert PIN.encode() not in content, file
                assert PASSWORD.encode() not in content, file


async def test_a_running_site_prints_over_tls_for_who_brings_their_password(
    tmp_path: Path,
) -> None:
    async with open_lab(one_site(tmp_path)) as lab:
        scene = await start(lab)
        await headquarters(scene, "set-password", "--user", "ada", given=f"{PASSWORD}\n")
        api = lab.primary.api
        (await api.put("/policies/site/oslo", {"rules": RULES})).expect("set rules")
        queue = {"site_name": "oslo", "printer_name": "oslo-laser", "hold_mode": "none"}
        (await api.put("/queues/oslo-direct", {**queue, "needs_proof": True})).expect("set a queue")
        document = tmp_path / "letter.pdf"
        document.write_bytes(DOCUMENT.content)
        where = f"127.0.0.1:{scene.branch.site.ipps_port}/printers/oslo-direct"

        async def print_as(userinfo: str) -> int:
            found = shutil.which("ipptool")
            assert found, "ipptool is missing: apt-get install cups-ipp-utils"
            argv = (found, "-tf", document, f"ipps://{userinfo}{where}", "print-job.test")
            return (await run(tuple(map(str, argv)), within_ms=COMMAND_MS)).exit_status

        async def is_printed() -> bool:
            return await print_as("ada:correct%20horse@") == 0

        await until(is_printed, "a job with ada's password", within_ms=30_000)
        assert await print_as("ada:wrong%20horse@") != 0
        paper = await scene.branch.until_printed(DOCUMENT)
        assert paper.sha256 == DOCUMENT.sha256
        accepted = [
            entry.body
            for entry in await scene.branch.site.admin.journal()
            if entry.kind == "job_accepted"
        ]
        assert len(accepted) == 1
        assert '"user_name":"ada"' in accepted[0]


async def test_the_doctor_says_whether_the_directory_of_the_branch_answers(tmp_path: Path) -> None:
    config = tmp_path / "site.toml"
    async with slapd(tmp_path / "ldap", {"ada": PASSWORD}) as running:
        text = (
            f'data_dir = "{tmp_path}"\n[branch_directory]\n'
            f'url = "ldaps://127.0.0.1:{running.ldaps_port}"\n'
            f'user_dn = "{USER_DN}"\nca_file = "{running.ca_file}"\n'
        )
        config.write_text(text)
        well = await site("doctor", "--config", str(config))
        config.write_text(text.replace(str(running.ca_file), "/nowhere/ca.pem"))
        badly_set = await site("doctor", "--config", str(config))
    config.write_text(text)
    gone = await site("doctor", "--config", str(config))

    lines = [
        next(line for line in done.output.splitlines() if line.startswith("branch directory"))
        for done in (well, badly_set, gone)
    ]
    assert "answers" in lines[0]
    assert "ca_file" in lines[1]
    assert "nobody can log in by password" in lines[2]
    assert well.exit_status == gone.exit_status == 0, "a site goes on without it"
