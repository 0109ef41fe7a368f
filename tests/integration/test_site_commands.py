"""The command line of `holdfast-site`, where no site runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.site_scene import (
    site,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.live, pytest.mark.timeout(100)]


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


async def test_a_secondary_needs_neither_a_replica_nor_registers(tmp_path: Path) -> None:
    done = await site("doctor", "--role", "secondary", "--data", str(tmp_path))
    assert done.exit_status == 0, done.output
    assert "pysqlite3" in done.output
    assert "sqlean" not in done.output
    assert "cr-sqlite" not in done.output
