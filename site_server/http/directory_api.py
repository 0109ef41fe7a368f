"""A copy of the directory for a new primary: the ticket for it, and the copy that it opens."""

from __future__ import annotations

import asyncio
from typing import Final

from aiohttp import web

from replication.rebuild_ticket import DIRECTORY_PATH, SHA256_HEADER, STANDING_PATH
from site_server.http.keys import brought_by, check_admin
from site_server.service.give_directory import GiveDirectory

GIVE: Final = web.AppKey("give_directory", GiveDirectory)
PIECE_BYTES: Final = 256 * 1024
PIECE_S: Final = 60
"""For a piece to go out: 4 kB a second."""
TICKETS_PATH: Final = "/admin/v1/directory-tickets"

routes: Final = web.RouteTableDef()


def add_directory(app: web.Application, give: GiveDirectory) -> None:
    """Let this site give its copy of the directory to whoever brings a ticket."""
    app[GIVE] = give
    app.add_routes(routes)


@routes.post(TICKETS_PATH)
async def make_ticket(request: web.Request) -> web.Response:
    """A new ticket for the administrator of this site; the one before is void."""
    check_admin(request)
    give = request.app[GIVE]
    standing = give.standing()
    return web.json_response(
        {"ticket": give.new_ticket().model_dump(), "standing": standing.model_dump()}
    )


@routes.get(STANDING_PATH)
async def get_standing(request: web.Request) -> web.Response:
    """What there is to give, to whoever brings the ticket."""
    request.app[GIVE].check(brought_by(request))
    return web.json_response(request.app[GIVE].standing().model_dump())


@routes.get(DIRECTORY_PATH)
async def get_directory(request: web.Request) -> web.StreamResponse:
    """The replica as of one moment, as one database file."""
    give = request.app[GIVE]
    give.check(brought_by(request))
    async with give.copy() as copied:
        response = web.StreamResponse(headers={SHA256_HEADER: copied.sha256})
        response.content_length = copied.size_bytes
        await response.prepare(request)
        # Not a FileResponse: aiohttp would open the file once more, when it is gone.
        with copied.path.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
                async with asyncio.timeout(PIECE_S):
                    await response.write(piece)
        await response.write_eof()
    return response
