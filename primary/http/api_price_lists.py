"""Price lists: what every printer costs, from a beginning on."""

from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from sqlalchemy import Connection

from primary.errors import BadRequestError
from primary.http.exchange import SERVICES, answer, object_of
from primary.store import price_lists
from primary.store.price_lists import Place

BODY_BYTES_MAX: Final = 2 * 1024 * 1024
"""A list that names 10,000 printers with long names has 1.4 MB."""
DIGITS_MAX: Final = 10

routes: Final = web.RouteTableDef()


@routes.get("/api/v1/price-lists")
async def list_price_lists(request: web.Request) -> web.Response:
    """Every price list by its number, and whether it was, is or will be in force."""
    services = request.app[SERVICES]
    now_ms = services.clock.wall_ms()
    with services.directory.read() as connection:
        places = price_lists.all_places(connection)
    return answer({"items": [_shown(each, now_ms, places) for each in places]})


@routes.get("/api/v1/price-lists/{version}")
async def get_price_list(request: web.Request) -> web.Response:
    """One price list, whole."""
    with request.app[SERVICES].directory.read() as connection:
        return answer(price_lists.body(connection, _version(request)))


@routes.post("/api/v1/price-lists")
async def add_price_list(request: web.Request) -> web.Response:
    """Make a price list; headquarters numbers it. Without `valid_from_ms` it begins now."""
    services, raw = request.app[SERVICES], await object_of(request, BODY_BYTES_MAX)
    now_ms = services.clock.wall_ms()

    def work(connection: Connection) -> dict[str, Any]:
        made = price_lists.add(connection, raw, now_ms)
        return _shown(made, now_ms, price_lists.all_places(connection))

    return answer(await services.directory.write(work), HTTPStatus.CREATED)


@routes.put("/api/v1/price-lists/{version}")
async def replace_price_list(request: web.Request) -> web.Response:
    """Replace a price list that has not begun."""
    services, version = request.app[SERVICES], _version(request)
    raw = await object_of(request, BODY_BYTES_MAX)
    now_ms = services.clock.wall_ms()

    def work(connection: Connection) -> dict[str, Any]:
        made = price_lists.replace(connection, version, raw, now_ms)
        return _shown(made, now_ms, price_lists.all_places(connection))

    return answer(await services.directory.write(work))


@routes.delete("/api/v1/price-lists/{version}")
async def withdraw_price_list(request: web.Request) -> web.Response:
    """Withdraw a price list that has not begun."""
    services, version = request.app[SERVICES], _version(request)
    now_ms = services.clock.wall_ms()
    await services.directory.write(
        lambda connection: price_lists.withdraw(connection, version, now_ms)
    )
    return web.Response(status=HTTPStatus.NO_CONTENT)


def _version(request: web.Request) -> int:
    text = request.match_info["version"]
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX):
        raise BadRequestError(f"{text!r} is no number of a price list.")
    return int(text)


def _shown(place: Place, now_ms: int, places: list[Place]) -> dict[str, Any]:
    return {
        "version": place.version,
        "valid_from_ms": place.valid_from_ms,
        "in_force": place.state(now_ms, places),
    }
