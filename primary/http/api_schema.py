"""The schema that the directory is written in, and the oldest reader that it is written for."""

from typing import Annotated, Final

from aiohttp import web
from pydantic import Field

from primary.http.exchange import SERVICES, answer, body_of, plain
from primary.names import FromOutside
from primary.service.raise_reader import raise_reader, readers

SCHEMA: Final = "/api/v1/schema"

routes: Final = web.RouteTableDef()


class SchemaBody(FromOutside):
    """The oldest reader from now on; `freeze`: also where a site is older."""

    min_reader: Annotated[int, Field(ge=1, le=1_000_000)]
    freeze: bool = False


@routes.get(SCHEMA)
async def get_schema(request: web.Request) -> web.Response:
    """What is written, what readers must know, and who is not known to."""
    services = request.app[SERVICES]
    return answer(plain(readers(services.directory, services.site_says, services.writes)))


@routes.put(SCHEMA)
async def put_schema(request: web.Request) -> web.Response:
    """Ask for newer readers from now on."""
    body, services = await body_of(request, SchemaBody), request.app[SERVICES]
    now = await raise_reader(
        services.directory,
        services.site_says,
        services.writes,
        body.min_reader,
        freeze=body.freeze,
    )
    return answer(plain(now))
