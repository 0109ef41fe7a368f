"""The revocation of a site: shut out at once, whatever certificate it has."""

import logging
from typing import Annotated, Final

from aiohttp import web
from pydantic import Field

from primary.http.exchange import SERVICES, answer, body_of, plain, site_name_of
from primary.names import FromOutside
from primary.store import site_trust

logger: Final = logging.getLogger(__name__)

REASON_CHARS_MAX: Final = 500

routes: Final = web.RouteTableDef()


class RevocationBody(FromOutside):
    """Why, for the people of that site; it may be left out."""

    reason: Annotated[str, Field(max_length=REASON_CHARS_MAX)] = ""


@routes.put("/api/v1/sites/{site_name}/revocation")
async def revoke_site(request: web.Request) -> web.Response:
    """Revoke the site; its connection is ended at once. Asking twice is asking once."""
    site_name = site_name_of(request)
    reason = (await body_of(request, RevocationBody)).reason
    services = request.app[SERVICES]
    await services.directory.write(
        lambda connection: site_trust.revoke(connection, site_name, reason)
    )
    services.end_link(site_name)
    logger.warning("site %s is revoked", site_name)
    return answer(plain(services.directory.site(site_name)))


@routes.delete("/api/v1/sites/{site_name}/revocation")
async def lift_revocation(request: web.Request) -> web.Response:
    """Let the site join anew, with a new token."""
    site_name = site_name_of(request)
    directory = request.app[SERVICES].directory
    await directory.write(lambda connection: site_trust.lift(connection, site_name))
    logger.warning("site %s may join anew", site_name)
    return answer(plain(directory.site(site_name)))
