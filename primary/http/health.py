"""`GET /health`: how the primary is, for monitoring. It needs no key and tells nothing secret."""

from http import HTTPStatus
from typing import Final

from aiohttp import web

from primary.http.exchange import SERVICES, answer

routes: Final = web.RouteTableDef()


@routes.get("/health")
async def get_health(request: web.Request) -> web.Response:
    """200 while every part is well, 503 otherwise; either way the state of each part."""
    checks = request.app[SERVICES].checks
    found = {name: check() for name, check in checks.items()}
    is_ok = all(check.is_ok for check in found.values())
    return answer(
        {
            "ok": is_ok,
            **{name: {"ok": one.is_ok, "detail": one.detail} for name, one in found.items()},
        },
        HTTPStatus.OK if is_ok else HTTPStatus.SERVICE_UNAVAILABLE,
    )
