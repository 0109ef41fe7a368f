"""How much the link carries, and who was asked to wait."""

from aiohttp import web

from primary.http.exchange import SERVICES, answer, plain

routes = web.RouteTableDef()


@routes.get("/api/v1/link-load")
async def get_link_load(request: web.Request) -> web.Response:
    """Connected sites, what is under way, the bounds, and what was refused since the start."""
    return answer(plain(request.app[SERVICES].link_load()))
