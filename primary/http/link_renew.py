"""`POST /v1/renew`: a site's certificate against a newer one, also after it has ended."""

import ssl
from http import HTTPStatus
from typing import Final

from aiohttp import web

from primary.http.link_files import objection_to
from primary.http.link_keys import ENROL, LINKS, SITE
from primary.http.problems import problem
from replication.renewal import RENEW_PATH

__all__ = ["RENEW_PATH", "add_routes"]

NOT_TLS: Final = "A renewal needs the certificate that is to be renewed."


def add_routes(app: web.Application) -> None:
    """Answer at `RENEW_PATH`."""
    app.router.add_post(RENEW_PATH, _renew)


async def _renew(request: web.Request) -> web.StreamResponse:
    against = objection_to(request)
    if against:
        return problem(HTTPStatus.FORBIDDEN, "site_refused", against)
    peer, secured = request[SITE], request.get_extra_info("ssl_object")
    shown = secured.getpeercert(True) if isinstance(secured, ssl.SSLObject) else None  # noqa: FBT003
    if shown is None:
        return problem(HTTPStatus.FORBIDDEN, "wrong_certificate", NOT_TLS)
    answer, until_ms = await request.app[ENROL].renew(peer, shown)
    request.app[LINKS].renewed(peer.site_name, peer.epoch, until_ms)
    return web.Response(text=answer.model_dump_json(), content_type="application/json")
