"""How often a branch called, from toxiproxy's log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.live_scenarios.network.doors import accepted

if TYPE_CHECKING:
    from pathlib import Path


def test_only_the_connections_of_the_site_are_counted(tmp_path: Path) -> None:
    log = tmp_path / "toxiproxy.log"
    log.write_text(
        '{"level":"info","message":"Starting HTTP server"}\n'
        '{"name":"oslo","message":"Accepted client"}\n'
        '{"name":"lima","message":"Accepted client"}\n'
        '{"name":"oslo","message":"Accepted client"}\n',
        encoding="utf-8",
    )
    assert accepted(log, "oslo") == 2
