"""The API of the panels, second part: what people change about their jobs and see of themselves."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from aiohttp import web

from failure_modes.catalogue import CATALOGUE, money_text
from site_server.http.bodies import ChangeJobBody, ClaimBody, read_body
from site_server.http.device_api import JOB, SESSION, job_json
from site_server.http.keys import SERVICES, session_of
from site_server.service.change_job import JobSettings

routes: Final = web.RouteTableDef()


@routes.patch(JOB)
async def change_job(request: web.Request) -> web.Response:
    """Change copies, sides or colour of a held job; the answer is the job as it is listed now."""
    session = session_of(request)
    body = await read_body(request, ChangeJobBody)
    changed = await request.app[SERVICES].panels.change_job.change(
        session,
        request.match_info["job_uuid"],
        JobSettings(copies=body.copies, sides=body.sides, colour_mode=body.colour_mode),
    )
    return web.json_response(job_json(changed.listed, changed.currency))


@routes.get(SESSION + "/balance")
async def get_balance(request: web.Request) -> web.Response:
    """What the person may spend here and now."""
    balance = request.app[SERVICES].panels.own_balance.show(session_of(request))
    return web.json_response(
        {
            "user_name": balance.user_name,
            "balance_micros": balance.balance_micros,
            "balance": money_text(balance.balance_micros, balance.currency),
            "currency": balance.currency,
        }
    )


@routes.post(SESSION + "/cards")
async def claim_card(request: web.Request) -> web.Response:
    """Register a card for the person; it counts here at once."""
    session = session_of(request)
    body = await read_body(request, ClaimBody)
    claimed = await request.app[SERVICES].panels.claim_card.claim(session, body.card_number)
    reason = claimed.decision.reasons[0]
    return web.json_response(
        {
            "state": claimed.claim.state if claimed.claim else "registered",
            "provisional": claimed.provisional,
            "reason": reason,
            "detail": CATALOGUE[reason].message,
        },
        status=HTTPStatus.CREATED if claimed.claim else HTTPStatus.OK,
    )


@routes.get(SESSION + "/cards")
async def list_claims(request: web.Request) -> web.Response:
    """What became of the cards that the person registered; the cards themselves are not told."""
    claims = request.app[SERVICES].panels.claim_card.list(session_of(request))
    return web.json_response(
        {
            "claims": [
                {
                    "site_name": claim.site_name,
                    "claimed_wall_ms": claim.claimed_wall_ms,
                    "state": claim.state,
                    "reason": claim.reason,
                }
                for claim in claims
            ]
        }
    )
