"""Quotas: what each member of a group gets at the beginning of each period."""

from http import HTTPStatus
from typing import Final

from aiohttp import web

from primary.errors import NotFoundError
from primary.http.exchange import SERVICES, answer, body_of, plain, thing_name_of
from primary.names import QuotaFields
from primary.store import quotas
from primary.store.quotas import Quota

routes: Final = web.RouteTableDef()


@routes.get("/api/v1/quotas")
async def list_quotas(request: web.Request) -> web.Response:
    """Every quota."""
    with request.app[SERVICES].directory.read() as connection:
        return answer({"items": [plain(one) for one in quotas.all_quotas(connection)]})


@routes.get("/api/v1/quotas/{group_name}")
async def get_quota(request: web.Request) -> web.Response:
    """The quota of one group."""
    group_name = thing_name_of(request, "group_name")
    with request.app[SERVICES].directory.read() as connection:
        found = quotas.quota(connection, group_name)
    if found is None:
        raise NotFoundError(f"Group {group_name!r} has no quota.")
    return answer(plain(found))


@routes.put("/api/v1/quotas/{group_name}")
async def put_quota(request: web.Request) -> web.Response:
    """Make or change a quota; one that is new is granted first when the next period begins."""
    group_name = thing_name_of(request, "group_name")
    body = await body_of(request, QuotaFields)
    value = Quota(
        group_name=group_name,
        amount_micros=body.amount_micros,
        period=body.period,
        balance_max_micros=body.balance_max_micros,
    )
    await request.app[SERVICES].quotas.put(value)
    return answer(plain(value))


@routes.delete("/api/v1/quotas/{group_name}")
async def delete_quota(request: web.Request) -> web.Response:
    """Grant nothing to this group any more; what was granted stays."""
    group_name = thing_name_of(request, "group_name")
    directory = request.app[SERVICES].directory
    await directory.write(lambda connection: quotas.delete_quota(connection, group_name))
    return web.Response(status=HTTPStatus.NO_CONTENT)
