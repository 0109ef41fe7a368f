"""The primary's REST API as an aiohttp application."""

from aiohttp import web

from primary.http import (
    api_accounts,
    api_allowances,
    api_credentials,
    api_disputes,
    api_fleet,
    api_ledger,
    api_link_load,
    api_link_orders,
    api_policies,
    api_price_lists,
    api_print_log,
    api_quotas,
    api_revocations,
    api_schema,
    api_sites,
    api_users,
    health,
    metrics,
)
from primary.http.exchange import BODY_BYTES_MAX, SERVICES, Services
from primary.http.keys import keys_middleware
from primary.http.problems import problems_middleware


def make_app(services: Services, admin_key: str, metrics_key: str | None = None) -> web.Application:
    """The API over `services`, open to whoever brings `admin_key`; `metrics_key` opens metrics."""
    app = web.Application(
        middlewares=[problems_middleware, keys_middleware(admin_key, metrics_key)],
        client_max_size=BODY_BYTES_MAX,
    )
    app[SERVICES] = services
    for part in (
        health,
        metrics,
        api_users,
        api_credentials,
        api_accounts,
        api_allowances,
        api_fleet,
        api_sites,
        api_link_load,
        api_revocations,
        api_link_orders,
        api_policies,
        api_price_lists,
        api_print_log,
        api_quotas,
        api_ledger,
        api_disputes,
        api_schema,
    ):
        app.add_routes(part.routes)
    return app
