"""Doors, and the file that tells where they are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web

from replication.adapters.listen import PORTS_FILE, Door, listening, told_ports
from replication.errors import CannotListenError

if TYPE_CHECKING:
    from pathlib import Path


async def test_port_0_is_any_free_port() -> None:
    async with (
        listening(web.Application(), Door(host="127.0.0.1", port=0)) as port,
        aiohttp.ClientSession() as client,
        client.get(f"http://127.0.0.1:{port}/") as answer,
    ):
        assert answer.status == 404


async def test_a_port_that_is_taken_says_what_to_do() -> None:
    async with listening(web.Application(), Door(host="127.0.0.1", port=0)) as port:
        with pytest.raises(CannotListenError, match="Stop what listens there"):
            async with listening(web.Application(), Door(host="127.0.0.1", port=port)):
                pass


def test_the_ports_are_told_while_the_server_listens(tmp_path: Path) -> None:
    with told_ports(tmp_path, {"device": 1, "ipp": 2}):
        assert json.loads((tmp_path / PORTS_FILE).read_text()) == {"device": 1, "ipp": 2}
    assert not (tmp_path / PORTS_FILE).exists()
