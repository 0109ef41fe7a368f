"""What a site may spend alone, and how a lost site is written off."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from aiohttp import web
from pydantic import Field

from primary.errors import NotFoundError
from primary.http.exchange import SERVICES, answer, body_of, site_name_of
from primary.names import FromOutside
from primary.service.grant_allowances import write_off
from primary.store import grants
from replication.ports import Micros

routes: Final = web.RouteTableDef()


class WriteOffBody(FromOutside):
    """What may be lost: the sum of the site's grants, as it was seen."""

    risk_micros: Annotated[int, Field(ge=0)]


@routes.get("/api/v1/sites/{site_name}/allowances")
async def get_site_allowances(request: web.Request) -> web.Response:
    """What this site may spend alone: `risk_micros` is what a write-off puts at risk."""
    site_name = site_name_of(request)
    directory = request.app[SERVICES].directory
    if directory.site(site_name) is None:
        raise NotFoundError(f"Headquarters knows no site {site_name!r}.")
    with directory.read() as connection:
        return answer(_of_site(site_name, grants.grants_of_site(connection, site_name)))


@routes.post("/api/v1/sites/{site_name}/write-off")
async def write_site_off(request: web.Request) -> web.Response:
    """Shut a lost site out, and free what it may spend alone."""
    site_name = site_name_of(request)
    body = await body_of(request, WriteOffBody)
    freed = await write_off(request.app[SERVICES].directory, site_name, body.risk_micros)
    return answer(_of_site(site_name, freed), HTTPStatus.OK)


def _of_site(site_name: str, granted: dict[str, Micros]) -> dict[str, Any]:
    return {
        "site_name": site_name,
        "risk_micros": sum(granted.values()),
        "items": [{"payer": payer, "granted_micros": micros} for payer, micros in granted.items()],
    }
