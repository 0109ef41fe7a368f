"""A primary that does on its link what a test wants, over real TLS."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from random import Random
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from primary.pki import CertificateAuthority
from replication.adapters.link_client import LinkAddress, LinkClient
from replication.adapters.link_times import LinkTimes
from replication.adapters.system_clock import SystemClock
from replication.adapters.tls import link_client_context, link_server_context
from replication.messages import (
    AnyFromPrimary,
    AnyFromSite,
    Beat,
    BeatAck,
    Hello,
    PushedDelta,
    Welcome,
    parse_from_site,
)
from replication.versions import VERSIONS, name_of

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from replication.wait import Wait

    Script = Callable[["Call"], Awaitable[None]]
    Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]

LINEAGE = "0123456789abcdef" * 2
WELCOME = Welcome(lineage=LINEAGE, txid=1, watermark_seq=0, wall_ms=0)


class Call:
    """One connection of the site."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self.socket = socket

    async def say(self, *messages: AnyFromPrimary) -> None:
        """Send them."""
        for message in messages:
            if isinstance(message, PushedDelta):
                await self.socket.send_bytes(message.data)
            else:
                await self.socket.send_str(message.model_dump_json())

    async def hear(self) -> AnyFromSite | None:
        """The next message; None at the end."""
        frame: Any = await self.socket.receive()
        return parse_from_site(frame.data) if frame.type is WSMsgType.TEXT else None

    async def stay(self) -> None:
        """Say nothing more until the site goes."""
        while await self.hear() is not None:
            pass


class ScriptedPrimary:
    """Listens while `listening`; the n-th call follows the n-th script, the last one again."""

    def __init__(self, folder: Path) -> None:
        authority = CertificateAuthority(folder / "pki", SystemClock())
        files = authority.server_files([])
        self._server_tls = link_server_context(cert=files.cert, key=files.key, ca=files.ca)
        self.client_tls = _client_tls(authority, folder)
        self.scripts: list[Script] = []
        self.calls = 0
        self.hellos: list[Hello] = []
        self.waits: list[Wait] = []
        """Asked of the next callers, one each, in place of a link."""
        self.serve: Serve | None = None
        self.subprotocols = tuple(map(name_of, VERSIONS))
        self.port = 0

    @property
    def address(self) -> LinkAddress:
        """Where to call."""
        return LinkAddress(host="127.0.0.1", port=self.port)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Answer calls, at the same port each time."""
        app = web.Application()
        app.router.add_get("/v1/link", self._link)
        app.router.add_get("/{path:.*}", self._other)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        try:
            site = web.TCPSite(
                runner, "127.0.0.1", self.port, ssl_context=self._server_tls, reuse_address=True
            )
            await site.start()
            self.port = runner.addresses[0][1]
            yield
        finally:
            await runner.cleanup()

    async def _link(self, request: web.Request) -> web.StreamResponse:
        if self.waits:
            return web.Response(status=503, headers=self.waits.pop(0).headers())
        socket = web.WebSocketResponse(timeout=0.1, protocols=self.subprotocols)
        await socket.prepare(request)
        call = Call(socket)
        script = self.scripts[min(self.calls, len(self.scripts) - 1)]
        self.calls += 1
        hello = await call.hear()
        if isinstance(hello, Hello):
            self.hellos.append(hello)
            await script(call)
        await socket.close()
        return socket

    async def _other(self, request: web.Request) -> web.StreamResponse:
        if self.serve is None:
            return web.Response(status=404)
        return await self.serve(request)


def _client_tls(authority: CertificateAuthority, folder: Path) -> ssl.SSLContext:
    join = authority.issue_join("oslo")
    (folder / "cert").write_text(join.cert_pem)
    (folder / "key").write_text(join.key_pem)
    return link_client_context(cert=folder / "cert", key=folder / "key", ca_pem=authority.pem)


TIMES = LinkTimes(
    connect_ms=2_000,
    silence_ms=5_000,
    send_ms=2_000,
    request_ms=5_000,
    retry_first_ms=10,
    retry_max_ms=40,
    refused_retry_ms=60_000,
)


class Diary:
    """A `LinkListener` that writes down what happened."""

    def __init__(self) -> None:
        self.events: list[object] = []
        self._written = asyncio.Event()

    async def up(self, welcome: Welcome) -> None:
        self._note(welcome)

    async def heard(self, message: AnyFromPrimary) -> None:
        self._note(message)

    def down(self) -> None:
        self._note("down")

    async def wait_for(self, *events: object) -> None:
        """Return once these were the newest events."""
        while self.events[-len(events) :] != list(events):
            await self._written.wait()

    def _note(self, event: object) -> None:
        self.events.append(event)
        self._written.set()
        self._written = asyncio.Event()


@asynccontextmanager
async def calling(
    primary: ScriptedPrimary, times: LinkTimes = TIMES
) -> AsyncIterator[tuple[LinkClient, Diary]]:
    client = LinkClient(
        address=primary.address,
        context=primary.client_tls,
        hello=lambda: Hello(site_name="oslo", epoch=1, journal_seq=5, wall_ms=0),
        chance=Random(1),
        times=times,
    )
    diary = Diary()
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        running = group.create_task(client.run([diary]))
        try:
            yield client, diary
        finally:
            running.cancel()


async def welcoming(call: Call) -> None:
    await call.say(WELCOME)
    await call.stay()


async def answering(call: Call) -> None:
    await call.say(WELCOME)
    while (message := await call.hear()) is not None:
        if isinstance(message, Beat):
            await call.say(BeatAck(number=message.number))
