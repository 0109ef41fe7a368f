"""`holdfast-primary revoke`, with a real primary and a real connection."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest

from replication.adapters.link_client import LinkAddress
from replication.adapters.tls import link_client_context
from replication.messages import Fence, Hello, Welcome, parse_from_primary
from site_server.adapters.identity import join
from tests.integration.running_primary import holdfast, initialised, running

if TYPE_CHECKING:
    from pathlib import Path

    from replication.messages import AnyFromPrimary
    from site_server.adapters.identity import Identity
    from tests.integration.running_primary import Running

pytestmark = pytest.mark.timeout(60)


async def joined(primary: Running, folder: Path) -> Identity:
    status, made = await primary.call("POST", "/api/v1/sites/oslo/join-tokens", {})
    assert status == 201, made
    address = LinkAddress(host="localhost", port=primary.ports["link"])
    return await join(made["token"], folder, address=address)


class Line:
    """A site's connection."""

    def __init__(self, primary: Running, identity: Identity) -> None:
        self.session = aiohttp.ClientSession()
        self.url = f"https://localhost:{primary.ports['link']}/v1/"
        self.trust = link_client_context(
            cert=identity.cert_path, key=identity.key_path, ca_pem=identity.ca_pem
        )
        self.hello = Hello(site_name="oslo", epoch=identity.epoch, journal_seq=0, wall_ms=0)

    async def greet(self) -> tuple[aiohttp.ClientWebSocketResponse, AnyFromPrimary]:
        link = await self.session.ws_connect(f"{self.url}link", ssl=self.trust)
        await link.send_str(self.hello.model_dump_json())
        return link, parse_from_primary(await link.receive_str())

    async def status(self, method: str, path: str) -> int:
        async with self.session.request(method, f"{self.url}{path}", ssl=self.trust) as response:
            return response.status


async def test_a_revoked_site_is_cut_off_at_once_and_comes_back_only_by_joining_anew(
    tmp_path: Path,
) -> None:
    async with running(initialised(tmp_path)) as primary:
        line = Line(primary, await joined(primary, tmp_path / "identity"))
        link, first = await line.greet()
        assert isinstance(first, Welcome)
        words = ("revoke", "--site", "oslo", "--reason", "stolen", "--data", primary.folder)
        told = await asyncio.to_thread(holdfast, *words)
        assert "oslo is revoked" in told.stdout, told.stderr
        async with asyncio.timeout(5):
            while (await link.receive()).type not in {
                *(aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR, aiohttp.WSMsgType.CLOSE),
            }:
                pass
        _, refused = await line.greet()
        assert refused == Fence(reason="Site oslo was revoked at headquarters: stolen")
        for method, path in (("GET", "ltx/manifest"), ("POST", "told"), ("POST", "renew")):
            assert await line.status(method, path) == 403
        status, no_token = await primary.call("POST", "/api/v1/sites/oslo/join-tokens", {})
        assert (status, "--lift" in no_token["detail"]) == (409, True)

        status, _ = await primary.call("DELETE", "/api/v1/sites/oslo/revocation")
        assert status == 200
        _, still = await line.greet()
        assert isinstance(still, Fence)
        anew = Line(primary, await joined(primary, tmp_path / "anew"))
        assert anew.hello.epoch == 2
        _, welcome = await anew.greet()
        assert isinstance(welcome, Welcome)
        _, old = await line.greet()
        assert isinstance(old, Fence)
        for one in (line, anew):
            await one.session.close()


async def test_a_site_that_joins_anew_ends_the_connection_of_its_former_epoch_at_once(
    tmp_path: Path,
) -> None:
    async with running(initialised(tmp_path)) as primary:
        former = Line(primary, await joined(primary, tmp_path / "identity"))
        link, first = await former.greet()
        assert isinstance(first, Welcome)
        await joined(primary, tmp_path / "anew")
        ended = {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR, aiohttp.WSMsgType.CLOSE}
        async with asyncio.timeout(5):
            heard = [message := await link.receive()]
            while message.type not in ended:
                heard.append(message := await link.receive())
        assert not any("fence" in str(message.data) for message in heard)  # nobody asked first
        await former.session.close()
