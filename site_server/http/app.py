"""The HTTP faces of a site: panels and administrators, print clients, nodes without a replica."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from site_server.http import (
    account_api,
    admin_api,
    device_api,
    device_offline_api,
    health,
    link_api,
    metrics,
    node_api,
    person_api,
)
from site_server.http.bodies import BODY_BYTES_MAX
from site_server.http.keys import ADMIN_KEY, METRICS_KEY, SERVICES, STATUS
from site_server.http.problems import problems_middleware

if TYPE_CHECKING:
    from site_server.ipp.endpoint import IppEndpoint
    from site_server.service.answer_node import AnswerNode
    from site_server.service.site_status import SiteStatus
    from site_server.services import Services


def make_device_app(
    services: Services, status: SiteStatus, admin_key: str, metrics_key: str | None = None
) -> web.Application:
    """The API of the panels, and that of whoever brings `admin_key`.

    `metrics_key` opens only the metrics; without one `admin_key` does.
    """
    app = web.Application(middlewares=[problems_middleware], client_max_size=BODY_BYTES_MAX)
    app[SERVICES] = services
    app[STATUS] = status
    app[ADMIN_KEY] = admin_key.encode()
    app[METRICS_KEY] = (metrics_key or admin_key).encode()
    for part in (
        device_api,
        account_api,
        person_api,
        device_offline_api,
        admin_api,
        link_api,
        metrics,
        health,
    ):
        app.add_routes(part.routes)
    return app


def make_ipp_app(endpoint: IppEndpoint) -> web.Application:
    """The IPP endpoint. It bounds documents itself, chunk by chunk."""
    app = web.Application(client_max_size=0)
    app.add_routes(endpoint.routes())
    return app


def make_node_app(answer_node: AnswerNode) -> web.Application:
    """What secondaries ask; serve it with `tls.link_server_context`: it lets in our nodes only."""
    app = web.Application(
        middlewares=[problems_middleware], client_max_size=node_api.QUESTION_BYTES_MAX
    )
    app[node_api.ANSWER_NODE] = answer_node
    app.add_routes(node_api.routes)
    return app
