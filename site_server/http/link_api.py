"""The API of whoever holds a fire drill: orders about the link, and what the drills showed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from site_server.http.bodies import LinkOrderBody, read_body
from site_server.http.keys import SERVICES, check_admin

if TYPE_CHECKING:
    from site_server.service.drill_report import DrillReport

routes: Final = web.RouteTableDef()


@routes.post("/admin/v1/link/orders")
async def give_order(request: web.Request) -> web.Response:
    """Begin or end a drill or a forced cut. The same order again changes nothing."""
    check_admin(request)
    body = await read_body(request, LinkOrderBody)
    obeyed = await request.app[SERVICES].link_orders.give(body.order)
    return web.json_response({"order": body.order, **asdict(obeyed)})


@routes.get("/admin/v1/drills/last")
async def get_last_drill(request: web.Request) -> web.Response:
    """The newest drill, also one that is still on, and those that have ended, newest first."""
    check_admin(request)
    services = request.app[SERVICES]
    reports = await services.link_orders.reports()
    with services.ground.directory.read() as snapshot:
        heartbeat = snapshot.heartbeat() if snapshot else None
    last = reports.last
    lines = last.lines(heartbeat.currency if heartbeat else "") if last else (NO_DRILL,)
    return web.json_response(
        {
            "drill": _report(last) if last else None,
            "lines": list(lines),
            "history": [_report(each) for each in reports.ended],
        }
    )


NO_DRILL: Final = "There was no drill here yet. Begin one: holdfast-site drill start."


def _report(report: DrillReport) -> dict[str, Any]:
    return report.model_dump(mode="json")
