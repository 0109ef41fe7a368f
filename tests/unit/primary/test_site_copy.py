"""The newest copy of the directory is fetched, over TLS that the ticket's CA vouches for."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp import web

from primary.errors import ConfigError
from primary.pki import CertificateAuthority
from primary.site_copy import Giver, SiteCopyError, fetch_directory, giver_of, newest_of, told_of
from replication.adapters.listen import Door, listening
from replication.adapters.system_clock import SystemClock
from replication.adapters.tls import server_context
from replication.rebuild_ticket import (
    DIRECTORY_PATH,
    SHA256_HEADER,
    STANDING_PATH,
    DirectoryStanding,
    RebuildTicket,
)

SECRET = "s" * 43
CONTENT = b"a directory"


def site_of(name: str, wall_ms: int, digest: str) -> web.Application:
    standing = DirectoryStanding(
        site_name=name, lineage="a" * 32, txid=7, heartbeat_wall_ms=wall_ms
    )

    def check(request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {SECRET}":
            raise web.HTTPUnauthorized

    async def stand(request: web.Request) -> web.Response:
        check(request)
        return web.Response(text=standing.model_dump_json())

    async def give(request: web.Request) -> web.Response:
        check(request)
        return web.Response(body=CONTENT, headers={SHA256_HEADER: digest})

    app = web.Application()
    app.router.add_get(STANDING_PATH, stand)
    app.router.add_get(DIRECTORY_PATH, give)
    return app


@pytest.fixture
async def givers(tmp_path: Path) -> AsyncIterator[list[Giver]]:
    """Two sites: the second is newer."""
    authority = CertificateAuthority(tmp_path / "pki", SystemClock())
    files = authority.server_files([])
    tls = server_context(cert=files.cert, key=files.key)
    ticket = RebuildTicket(
        site_name="oslo", ca_pem=authority.pem, card_key_hex="ab" * 32, secret=SECRET
    )
    digest = hashlib.sha256(CONTENT).hexdigest()
    async with AsyncExitStack() as stack:
        found = []
        for app in (site_of("lima", 1_000, digest), site_of("oslo", 2_000, "0" * 64)):
            door = Door(host="127.0.0.1", port=0, tls=tls)
            port = await stack.enter_async_context(listening(app, door))
            found.append(giver_of(f"localhost:{port}", ticket))
        yield found


async def test_the_newest_of_several_sites_is_taken(givers: list[Giver]) -> None:
    giver, standing = await newest_of(givers)
    assert giver == givers[1]
    assert "site oslo: TXID 7" in told_of(standing)
    assert "1970-01-01 00:00:02 UTC" in told_of(standing)


async def test_what_came_is_what_the_site_told(givers: list[Giver], tmp_path: Path) -> None:
    await fetch_directory(givers[0], tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == CONTENT
    with pytest.raises(SiteCopyError, match="not whole"):
        await fetch_directory(givers[1], tmp_path / "copy")


async def test_an_old_ticket_and_another_ca_are_told_apart(
    givers: list[Giver], tmp_path: Path
) -> None:
    old = givers[0].ticket.model_copy(update={"secret": "t" * 43})
    with pytest.raises(SiteCopyError, match="Print a new one"):
        await newest_of([Giver(address=givers[0].address, ticket=old)])
    other = CertificateAuthority(tmp_path / "other", SystemClock()).pem
    stranger = givers[0].ticket.model_copy(update={"ca_pem": other})
    with pytest.raises(SiteCopyError, match="not who the ticket says"):
        await newest_of([Giver(address=givers[0].address, ticket=stranger)])


def test_a_site_is_named_by_host_and_port() -> None:
    ticket = RebuildTicket(site_name="oslo", ca_pem="", card_key_hex="ab" * 32, secret=SECRET)
    assert str(giver_of("oslo.example", ticket).address) == "https://oslo.example:7310"
    assert giver_of("oslo.example:7399", ticket).address.port == 7399
    with pytest.raises(ConfigError, match="HOST:PORT"):
        giver_of("oslo:nine", ticket)
