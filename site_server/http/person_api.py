"""The API of the panels, second part: what people change about their jobs and see of themselves."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from failure_modes.catalogue import money_text
from site_server.http.bodies import ChangeJobBody, read_body
from site_server.http.device_api import JOB, SESSION, job_json
from site_server.http.keys import SERVICES, session_of
from site_server.service.change_job import JobSettings

routes: Final = web.RouteTableDef()


@routes.patch(JOB)
async def change_job(request: web.Request) -> web.Response:
    """Change copies, sides or colour of a held job; the answer is the job as it is listed now."""
    session = session_of(request)
    body = await read_body(request, ChangeJobBody)
    changed = await request.app[SERVICES].change_job.change(
        session,
        request.match_info["job_uuid"],
        JobSettings(copies=body.copies, sides=body.sides, colour_mode=body.colour_mode),
    )
    return web.json_response(job_json(changed.listed, changed.currency))


@routes.get(SESSION + "/balance")
async def get_balance(request: web.Request) -> web.Response:
    """What the person may spend here and now."""
    balance = request.app[SERVICES].own_balance.show(session_of(request))
    return web.json_response(
        {
            "user_name": balance.user_name,
            "balance_micros": balance.balance_micros,
            "balance": money_text(balance.balance_micros, balance.currency),
            "currency": balance.currency,
        }
    )
