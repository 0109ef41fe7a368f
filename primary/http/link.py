"""The site link's HTTP face: one TLS port, no path without a certificate of our CA.

TLS itself refuses whoever has none. What is left to decide here is which of ours it is, and whether
it is still good: a join certificate may do one thing, `POST /v1/join`; a site's certificate may do
everything else; and one that has expired may do one thing too, `POST /v1/renew` (ADR 0021).
"""

import asyncio
import logging
from http import HTTPStatus
from typing import Any, Final

from aiohttp import ClientError, WSMsgType, hdrs, web
from aiohttp.typedefs import Handler
from pydantic import ValidationError

from primary.errors import BadRequestError
from primary.http import link_files, link_journal, link_renew, link_told
from primary.http.link_keys import (
    ADMISSION,
    ENROL,
    GROUND,
    JOIN,
    LINKS,
    SAID_LAST,
    SILENCE,
    SITE,
    STORE,
    UNTIL_MS,
)
from primary.http.problems import problem, problems_middleware
from primary.http.said_last import SaidLast
from primary.service.admission import Admission
from primary.service.enrol import Enrol
from primary.service.link_session import LinkGround, LinkSession
from primary.service.links import Links
from primary.service.who_calls import JOIN_PATH, JoinerCalls, NobodyCalls, SiteCalls, who_calls
from replication.adapters.ltx_store import LtxStore
from replication.errors import BadMessageError
from replication.join_token import JoinRequest
from replication.messages import (
    MESSAGE_BYTES_MAX,
    AnyFromPrimary,
    AnyFromSite,
    Head,
    JsonFromPrimary,
    PackedEntries,
    PushedDelta,
    Registers,
    parse_from_site,
)
from replication.peer import SitePeer
from replication.versions import (
    VERSIONS,
    knows,
    name_of,
    no_shared,
    shared,
    text_in,
    versions_named,
)

logger: Final = logging.getLogger(__name__)

JOIN_BYTES_MAX: Final = 64 * 1024
SILENCE_MS: Final = 30_000
"""Without a word from a site before its connection is dropped: a site beats every two seconds."""
SEND_MS: Final = 10_000
CLOSE_MS: Final = 200


def make_link_app(
    *,
    ground: LinkGround,
    store: LtxStore,
    enrol: Enrol,
    silence_ms: int = SILENCE_MS,
    admission: Admission | None = None,
) -> web.Application:
    """The application for the link's port; serve it with `tls.renewing_server_context`."""
    app = web.Application(
        middlewares=[problems_middleware, _identify], client_max_size=JOIN_BYTES_MAX
    )
    app[GROUND], app[STORE], app[ENROL], app[LINKS] = ground, store, enrol, Links()
    app[SILENCE], app[SAID_LAST] = silence_ms, SaidLast()
    app[ADMISSION] = admission or Admission(clock=ground.clock)
    app.router.add_post(JOIN_PATH, _join)
    app.router.add_get("/v1/link", _link, allow_head=False)
    link_files.add_routes(app)
    link_told.add_routes(app)
    link_renew.add_routes(app)
    link_journal.add_routes(app)
    app.on_shutdown.append(_end_links)
    return app


@web.middleware
async def _identify(request: web.Request, handler: Handler) -> web.StreamResponse:
    now_ms = request.app[GROUND].clock.wall_ms()
    match who_calls(request.get_extra_info("peercert"), request.path, now_ms):
        case JoinerCalls(peer=joiner):
            request[JOIN] = joiner
        case SiteCalls(peer=site, until_ms=until_ms):
            request[SITE], request[UNTIL_MS] = site, until_ms
        case NobodyCalls(code=code, detail=detail):
            return problem(HTTPStatus.FORBIDDEN, code, detail)
    return await handler(request)


async def _join(request: web.Request) -> web.StreamResponse:
    peer = request[JOIN]
    try:
        wanted = JoinRequest.model_validate_json(await request.read())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BadRequestError(f"Not a join request: {where}: {first['msg']}") from error
    answer = await request.app[ENROL].join(peer.site_name, peer.serial, wanted)
    request.app[LINKS].end(peer.site_name)  # whoever is connected has a former epoch
    return web.Response(text=answer.model_dump_json(), content_type="application/json")


async def _link(request: web.Request) -> web.StreamResponse:
    peer, links = request[SITE], request.app[LINKS]
    with request.app[ADMISSION].call(peer.site_name, links):
        return await _linked(request, peer, links)


async def _linked(request: web.Request, peer: SitePeer, links: Links) -> web.StreamResponse:
    ground = request.app[GROUND]
    offered = versions_named(request.headers.get(hdrs.SEC_WEBSOCKET_PROTOCOL))
    version = shared(ground.versions, offered)
    socket = web.WebSocketResponse(
        protocols=() if version is None else (name_of(version),),
        max_msg_size=MESSAGE_BYTES_MAX,
        compress=False,
        timeout=CLOSE_MS / 1000,
    )
    try:
        await socket.prepare(request)
    except ConnectionError:  # it gave up while it waited for its turn: nobody hears the answer
        return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
    wire = SocketWire(
        socket, request, silence_ms=request.app[SILENCE], said_last=request.app[SAID_LAST]
    )
    session = LinkSession(ground, wire, site_name=peer.site_name, epoch=peer.epoch)
    session.until_ms = request[UNTIL_MS]
    if offered and version is None:
        await session.refuse(links, no_shared(offered, ground.versions))
    else:
        await session.run(links)
    await socket.close()
    return socket


async def _end_links(app: web.Application) -> None:
    app[LINKS].abort_all()


class SocketWire:
    """A WebSocket as the session's wire."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        request: web.Request,
        *,
        silence_ms: int,
        said_last: SaidLast | None = None,
    ) -> None:
        self._socket = socket
        self._said_last = said_last or SaidLast()
        self._silence_ms = silence_ms
        self._transport = request.transport
        self._version = VERSIONS[0]

    def speak(self, version: int) -> None:
        """Write that version of the protocol from now on."""
        self._version = version

    async def receive(self) -> AnyFromSite | None:
        """The next message; None once the connection has ended, also by too long a silence."""
        try:
            async with asyncio.timeout(self._silence_ms / 1000):
                frame: Any = await self._socket.receive()
            if frame.type is WSMsgType.BINARY:
                return PackedEntries(data=frame.data)
            return parse_from_site(frame.data) if frame.type is WSMsgType.TEXT else None
        except TimeoutError:
            self.abort()
        except BadMessageError as error:
            logger.warning("a site's message is refused: %s", error)
        return None

    async def send(self, message: AnyFromPrimary) -> bool:
        """Whether the message went out; where it did not, the connection is ended.

        One that is not of the version that is spoken is left out.
        """
        try:
            async with asyncio.timeout(SEND_MS / 1000):
                if isinstance(message, PushedDelta):
                    if knows(PushedDelta, self._version):
                        await self._socket.send_bytes(message.data)
                elif text := self._text_of(message):
                    await self._socket.send_str(text)
        except (ClientError, OSError, TimeoutError):
            self.abort()
            return False
        return True

    def _text_of(self, message: JsonFromPrimary) -> str | None:
        if isinstance(message, Head | Registers):  # every version has them, and whole
            return self._said_last.text_of(message)
        return text_in(message, self._version)

    def abort(self) -> None:
        """End the connection at once; a dead one does not answer a farewell."""
        if self._transport is not None:
            self._transport.abort()
