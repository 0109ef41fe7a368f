"""What a data folder may be run as."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from replication.testing import ManualClock
from site_server.bootstrap import run
from site_server.config import Config
from site_server.data_folder import DataFolder
from site_server.errors import NotJoinedError, UnsettledError
from site_server.store.site_store import SiteStore

if TYPE_CHECKING:
    from pathlib import Path


def join(folder: DataFolder) -> None:
    """The files of an identity, as far as nobody connects with them."""
    folder.identity.mkdir()
    site = {"site_name": "annex", "epoch": 1, "primary_host": "hq", "primary_port": 7300}
    (folder.identity / "site.json").write_text(json.dumps(site))
    (folder.identity / "ca.pem").write_text("a CA")
    (folder.identity / "card.key").write_text("00")


async def test_a_folder_that_never_joined_is_not_run(tmp_path: Path) -> None:
    with pytest.raises(NotJoinedError):
        await run(Config(data_dir=tmp_path), {})


async def test_a_secondarys_folder_is_not_run_as_a_site_before_its_log_is_charged(
    tmp_path: Path,
) -> None:
    folder = DataFolder(tmp_path)
    join(folder)
    store = SiteStore(folder.store, site_name="annex", epoch=1, clock=ManualClock())
    await store.write(lambda unit: unit.offline_log.add("a-job", 600))
    store.close()
    with pytest.raises(UnsettledError, match=r"1 jobs .* --role secondary"):
        await run(Config(data_dir=tmp_path), {})
    assert not folder.replica.exists()
