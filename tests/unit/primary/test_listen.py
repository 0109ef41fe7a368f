import json
import ssl
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from primary.errors import CannotListenError
from primary.listen import Door, listening, told_ports
from primary.pki import CertificateAuthority
from replication.adapters.system_clock import SystemClock
from replication.adapters.tls import client_context, server_context


@pytest.fixture
def authority(tmp_path: Path) -> CertificateAuthority:
    return CertificateAuthority(tmp_path / "pki", SystemClock())


@pytest.fixture
def tls(authority: CertificateAuthority) -> ssl.SSLContext:
    files = authority.server_files(())
    return server_context(cert=files.cert, key=files.key)


async def test_a_free_port_is_found_and_served(
    tls: ssl.SSLContext, authority: CertificateAuthority
) -> None:
    async def hello(_request: web.Request) -> web.Response:
        return web.Response(text="hello")

    app = web.Application()
    app.router.add_get("/", hello)
    trust = client_context(ca_pem=authority.pem)

    async with (
        listening(app, Door(host="127.0.0.1", port=0, tls=tls)) as port,
        aiohttp.ClientSession() as session,
        session.get(f"https://localhost:{port}/", ssl=trust) as response,
    ):
        text = await response.text()

    assert text == "hello"


async def test_a_port_that_is_taken_is_told_with_what_to_do(tls: ssl.SSLContext) -> None:
    async with listening(web.Application(), Door(host="127.0.0.1", port=0, tls=tls)) as port:
        with pytest.raises(CannotListenError, match=f"port {port}.*configure another port"):
            async with listening(web.Application(), Door(host="127.0.0.1", port=port, tls=tls)):
                pass


def test_the_ports_are_told_while_the_server_listens(tmp_path: Path) -> None:
    with told_ports(tmp_path, {"link": 1, "api": 2}):
        told = json.loads((tmp_path / "ports.json").read_text())

    assert told == {"link": 1, "api": 2}
    assert list(tmp_path.iterdir()) == []
