"""A site gives its copy of the directory to whoever brings the ticket, and to nobody else."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from replication.adapters.link_client import LinkAddress
from replication.position import Position
from replication.rebuild_ticket import DIRECTORY_PATH, LIFE_MS, SHA256_HEADER, STANDING_PATH
from replication.testing import ManualClock
from site_server.adapters.identity import Identity
from site_server.http.directory_api import TICKETS_PATH, add_directory
from site_server.http.keys import ADMIN_KEY
from site_server.http.problems import problems_middleware
from site_server.service.give_directory import GiveDirectory
from site_server.store.directory import Directory
from tests.unit.site_server.a_site import SITE, replica_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

KEY = "admin"


class Giving:
    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.replica = replica_in(folder)
        self.position: Position | None = Position(lineage="a" * 32, txid=7)
        identity = Identity(
            site_name=SITE,
            epoch=1,
            primary=LinkAddress(host="hq", port=1),
            cert_path=folder,
            key_path=folder,
            ca_path=folder,
            ca_pem="pem",
            card_key=bytes(32),
        )
        give = GiveDirectory(
            replica_path=folder / "replica.db",
            directory=Directory(self.replica, SITE),
            position=lambda: self.position,
            identity=identity,
            clock=self.clock,
        )
        self.app = web.Application(middlewares=[problems_middleware])
        self.app[ADMIN_KEY] = KEY.encode()
        add_directory(self.app, give)
        self.client: TestClient[Any, Any]

    async def ask(self, method: str, path: str, key: str) -> tuple[int, bytes, str]:
        headers = {"Authorization": f"Bearer {key}"}
        async with self.client.request(method, path, headers=headers) as response:
            return response.status, await response.read(), response.headers.get(SHA256_HEADER, "")

    async def secret(self) -> str:
        async with self.client.post(
            TICKETS_PATH, headers={"Authorization": f"Bearer {KEY}"}
        ) as response:
            assert response.status == 200
            return str((await response.json())["ticket"]["secret"])


@pytest.fixture
async def giving(tmp_path: Path) -> AsyncIterator[Giving]:
    made = Giving(tmp_path)
    async with TestClient(TestServer(made.app)) as client:
        made.client = client
        yield made
    made.replica.close()
    assert not (tmp_path / "directory.given").exists()


async def test_the_ticket_opens_the_copy_and_only_that(giving: Giving) -> None:
    secret = await giving.secret()
    status, body, digest = await giving.ask("GET", DIRECTORY_PATH, secret)
    assert status == 200
    assert body.startswith(b"SQLite format 3\0")
    assert hashlib.sha256(body).hexdigest() == digest
    assert (await giving.ask("GET", STANDING_PATH, secret))[0] == 200
    assert (await giving.ask("POST", TICKETS_PATH, secret))[0] == 401


async def test_neither_the_admin_key_nor_an_old_ticket_opens_it(giving: Giving) -> None:
    for key in ("", KEY, "guess"):
        assert (await giving.ask("GET", DIRECTORY_PATH, key))[0] == 401
    first, second = await giving.secret(), await giving.secret()
    assert (await giving.ask("GET", STANDING_PATH, first))[0] == 401
    assert (await giving.ask("GET", STANDING_PATH, second))[0] == 200
    giving.clock.advance(LIFE_MS)
    assert (await giving.ask("GET", STANDING_PATH, second))[0] == 401


async def test_a_site_without_a_replica_has_nothing_to_give(giving: Giving) -> None:
    giving.position = None
    assert (await giving.ask("POST", TICKETS_PATH, KEY))[0] == 409
