"""Orders to a site's link: a drill, a forced cut, and their ends."""

from http import HTTPStatus
from typing import Any, Final, Literal

from aiohttp import web

from failure_modes.vocabulary import LinkEvent
from primary.errors import NotFoundError
from primary.http.exchange import SERVICES, answer, body_of, plain, site_name_of
from primary.names import FromOutside
from primary.service.give_link_order import give_link_order
from primary.service.site_says import Said
from primary.store import link_orders
from primary.store.link_orders import LinkOrder

ORDERS: Final = "/api/v1/sites/{site_name}/link-orders"

routes: Final = web.RouteTableDef()


class LinkOrderBody(FromOutside):
    """What is ordered; `failure_modes.link.ORDERS`, spelt out."""

    order: Literal[
        LinkEvent.DRILL_STARTED,
        LinkEvent.DRILL_ENDED,
        LinkEvent.FORCE_STARTED,
        LinkEvent.FORCE_ENDED,
    ]


@routes.post(ORDERS)
async def give_order(request: web.Request) -> web.Response:
    """Give an order. It reaches the site with its replica; `seen` says whether it did."""
    site_name = site_name_of(request)
    body = await body_of(request, LinkOrderBody)
    services = request.app[SERVICES]
    said, now_ms = services.site_says.of(site_name), services.clock.wall_ms()
    given = await services.directory.write(
        lambda connection: give_link_order(connection, site_name, body.order, said, now_ms)
    )
    return answer(_shown(given, said), HTTPStatus.CREATED)


@routes.get(ORDERS)
async def get_order(request: web.Request) -> web.Response:
    """The newest order to this site."""
    site_name = site_name_of(request)
    services = request.app[SERVICES]
    with services.directory.read() as connection:
        newest = link_orders.newest(connection, site_name)
    if newest is None:
        raise NotFoundError(f"No order was given to a site {site_name!r}.")
    return answer(_shown(newest, services.site_says.of(site_name)))


def _shown(order: LinkOrder, said: Said | None) -> dict[str, Any]:
    seen = said is not None and (said.order_number or 0) >= order.number
    return {**plain(order), "seen": seen}
