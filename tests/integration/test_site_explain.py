"""`holdfast-site explain`, asked of a running site."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from chaos.live.lab import open_lab
from chaos.live.waiting import until
from tests.integration.site_scene import one_site, site, start

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.live, pytest.mark.timeout(100)]


async def test_the_command_line_explains_a_decision_of_the_running_site(tmp_path: Path) -> None:
    async with open_lab(one_site(tmp_path)) as lab:
        scene = await start(lab)
        await until(scene.ada_is_known, "ada at the site", within_ms=20_000)
        config = str(scene.branch.site.server.config_path)
        printer_name = "oslo-laser"
        who = ("explain", "--config", config, "--user", "ada", "--printer", printer_name)
        ask = ("explain", "--config", config, "--user", "ada", "--pages", "12", "--colour")

        told = await site(*ask, "--printer", printer_name, "--link", "offline")
        nonsense = await site(*ask, "--printer", printer_name, "--copies", "0")
        elsewhere = await site(*ask, "--printer", "nowhere")
        login = await site(*who, "--login", "--json")
        copy = await site(*who, "--copy")

    assert (told.exit_status, told.errors) == (0, "")
    lines = told.output.splitlines()
    assert lines[0].startswith("allow: This job costs ")
    assert "Charged to: ada" in lines
    assert any(line.startswith("Rule link, set by built_in: offline") for line in lines)
    assert any(line.startswith("With ") for line in lines)
    assert (nonsense.exit_status, nonsense.output) == (2, "")
    assert "copies" in nonsense.errors
    assert (elsewhere.exit_status, elsewhere.output) == (1, "")
    assert "printer" in elsewhere.errors
    assert json.loads(login.output)["reasons"][0]["reason"] == "login_accepted"
    assert (copy.exit_status, copy.output) == (2, "")
    assert "pages: a copy has at least one page" in copy.errors
