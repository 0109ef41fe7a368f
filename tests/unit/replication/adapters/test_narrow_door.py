"""A door that lets few in at once: real sockets and real handshakes."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web

from chaos.live.waiting import until
from primary.pki import CertificateAuthority
from replication.adapters.listen import Door, listening
from replication.adapters.narrow_door import Doorway
from replication.adapters.system_clock import SystemClock
from replication.adapters.tls import client_context, server_context
from replication.errors import CannotListenError

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator
    from pathlib import Path


async def greet(_: web.Request) -> web.StreamResponse:
    return web.Response(text="welcome")


@asynccontextmanager
async def opened(folder: Path, doorway: Doorway) -> AsyncIterator[tuple[int, ssl.SSLContext]]:
    authority = CertificateAuthority(folder / "pki", SystemClock())
    files = authority.server_files([])
    app = web.Application()
    app.router.add_get("/", greet)
    tls = server_context(cert=files.cert, key=files.key)
    door = Door(host="127.0.0.1", port=0, tls=tls, doorway=doorway)
    async with asyncio.timeout(30), listening(app, door) as port:
        yield port, client_context(ca_pem=authority.pem)


async def call(port: int, tls: ssl.SSLContext) -> str:
    connector = aiohttp.TCPConnector(ssl=tls)
    async with (
        aiohttp.ClientSession(connector=connector) as client,
        client.get(f"https://127.0.0.1:{port}/") as answer,
    ):
        return await answer.text()


async def test_many_callers_come_in_a_few_at_a_time(tmp_path: Path) -> None:
    doorway = Doorway(setups_max=2)
    async with opened(tmp_path, doorway) as (port, tls), asyncio.TaskGroup() as group:
        calls = [group.create_task(call(port, tls)) for _ in range(20)]

    assert {each.result() for each in calls} == {"welcome"}
    assert (doorway.under_way, doorway.failed, doorway.turned_away) == (0, 0, 0)


async def test_while_all_places_are_taken_nobody_comes_in_and_then_they_do(tmp_path: Path) -> None:
    doorway = Doorway(setups_max=2)
    async with opened(tmp_path, doorway) as (port, tls), asyncio.TaskGroup() as group:
        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(2)]

        async def both() -> bool:
            return doorway.under_way == 2

        await until(both, "both places to be taken", within_ms=10_000, every_ms=5)
        caller = group.create_task(call(port, tls))
        await asyncio.wait([caller], timeout=0.1)
        assert not caller.done()
        for each in silent:
            each.close()
        assert await caller == "welcome"

    assert doorway.failed == 2


async def test_who_gave_up_in_line_costs_no_handshake(tmp_path: Path) -> None:
    told = 0

    def tell() -> None:
        nonlocal told
        told += 1

    doorway = Doorway(setups_max=1, on_stale=tell)
    async with opened(tmp_path, doorway) as (port, tls):
        with socket.create_connection(("127.0.0.1", port)):

            async def taken() -> bool:
                return doorway.under_way == 1

            await until(taken, "the place to be taken", within_ms=10_000, every_ms=5)
            for _ in range(5):
                socket.create_connection(("127.0.0.1", port)).close()
        assert await call(port, tls) == "welcome"

    assert (doorway.turned_away, told) == (5, 5)
    assert doorway.failed == 1


async def test_a_stranger_is_nothing_to_the_others(tmp_path: Path) -> None:
    doorway = Doorway(setups_max=1)
    async with opened(tmp_path, doorway) as (port, tls):
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", port)) as stranger:
                stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert await call(port, tls) == "welcome"


async def test_a_port_that_is_taken_says_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        door = Door(host="127.0.0.1", port=taken.getsockname()[1], doorway=Doorway(setups_max=1))
        with pytest.raises(CannotListenError, match="Stop what listens there"):
            async with listening(web.Application(), door):
                pass
