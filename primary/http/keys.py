"""The key of the API: `Authorization: Bearer` and the content of `admin.key`.

Only health needs none: monitoring asks it, and it tells nothing secret.
"""

import hmac
from http import HTTPStatus
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from primary.http.problems import problem

OPEN_PATHS: Final = frozenset({"/health"})
METRICS_PATH: Final = "/metrics"
SCHEME: Final = "Bearer "


def keys_middleware(admin_key: str, metrics_key: str | None = None) -> Middleware:
    """Refuses whoever does not bring `admin_key`, before anything is read or done.

    `metrics_key` opens the metrics and nothing else.
    """
    expected = admin_key.encode()
    for_metrics = (metrics_key or admin_key).encode()

    @web.middleware
    async def check_key(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path in OPEN_PATHS:
            return await handler(request)
        header = request.headers.get("Authorization", "")
        brought = header.removeprefix(SCHEME).encode("utf-8", "surrogateescape")
        keys = (expected, for_metrics) if request.path == METRICS_PATH else (expected,)
        fits = [hmac.compare_digest(brought, key) for key in keys]
        if header.startswith(SCHEME) and any(fits):
            return await handler(request)
        response = problem(
            HTTPStatus.UNAUTHORIZED,
            "unauthorised",
            "Send the header Authorization: Bearer KEY, with the content of admin.key.",
        )
        response.headers["WWW-Authenticate"] = "Bearer"
        return response

    return check_key
