"""`GET /health`: how the site is, for monitoring. It needs no key and tells nothing secret."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from aiohttp import web

from site_server.http.keys import STATUS

routes: Final = web.RouteTableDef()


@routes.get("/health")
async def get_health(request: web.Request) -> web.Response:
    """200 while the site can do its work, 503 otherwise; either way the state of each part."""
    checks = request.app[STATUS].checks()
    is_ok = all(check.is_ok for check in checks.values())
    body = {
        "ok": is_ok,
        **{name: {"ok": check.is_ok, "detail": check.detail} for name, check in checks.items()},
    }
    status = HTTPStatus.OK if is_ok else HTTPStatus.SERVICE_UNAVAILABLE
    return web.json_response(body, status=int(status))
