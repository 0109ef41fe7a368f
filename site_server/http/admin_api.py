"""The API of whoever runs the site: status, balances, jobs, the journal, unknown outcomes.

It also explains decisions: what would be decided about a login, a copy or a job, and why.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from replication.entry_bodies import user_payer
from site_server.causes import Cause
from site_server.http.bodies import SettleBody, read_body
from site_server.http.explain_body import ExplainBody
from site_server.http.keys import SERVICES, STATUS, check_admin
from site_server.refusals import refusal
from site_server.service.explain_decision import explain_decision

if TYPE_CHECKING:
    from site_server.store.jobs import Job

PAGE_MAX: Final = 1_000
"""Rows in one answer: about 20 ms, in which nobody else is served."""
DIGITS_MAX: Final = 15

routes: Final = web.RouteTableDef()


@routes.get("/admin/v1/status")
async def get_status(request: web.Request) -> web.Response:
    """Everything the site thinks of itself."""
    check_admin(request)
    return web.json_response(asdict(request.app[STATUS].status()))


@routes.post("/admin/v1/resync")
async def resync(request: web.Request) -> web.Response:
    """Have replica and mirror made anew, once headquarters can be reached; nothing else changes.

    The old replica answers until then. Asking again changes nothing.
    """
    check_admin(request)
    request.app[STATUS].resync()
    return web.json_response(asdict(request.app[STATUS].status()))


@routes.get("/admin/v1/balances/{user_name}")
async def get_balance(request: web.Request) -> web.Response:
    """A user's money and allowance, part by part."""
    check_admin(request)
    services = request.app[SERVICES]
    user_name = request.match_info["user_name"]
    payer = user_payer(user_name)
    money = services.decider.balance(services.ground.store, payer)
    allowance = services.decider.allowance(services.ground.store, payer)
    return web.json_response(
        {
            "user_name": user_name,
            **asdict(money),
            "effective_micros": money.effective_micros,
            "allowance": {**asdict(allowance), "left_micros": allowance.left_micros},
        }
    )


@routes.post("/admin/v1/explain")
async def explain(request: web.Request) -> web.Response:
    """What would be decided, why, and what would change it. Nothing is written."""
    check_admin(request)
    body = await read_body(request, ExplainBody)
    services = request.app[SERVICES]
    return web.json_response(
        explain_decision(services.ground, services.decider, body.supposed).as_json()
    )


@routes.get("/admin/v1/jobs")
async def get_jobs(request: web.Request) -> web.Response:
    """The jobs that the site remembers, oldest first, page by page."""
    check_admin(request)
    after, limit = _page(request)
    with request.app[SERVICES].ground.store.read() as site:
        jobs = site.jobs.listing(ended=None, limit=limit, after_number=after)
    next_after = jobs[-1].job_number if jobs else after
    return web.json_response({"jobs": [_job(job) for job in jobs], "next_after": next_after})


@routes.post("/admin/v1/jobs/{job_uuid}/settle")
async def settle_job(request: web.Request) -> web.Response:
    """Write down what a person saw of a job whose outcome was unknown."""
    check_admin(request)
    body = await read_body(request, SettleBody)
    job = await request.app[SERVICES].delete_job.settle(
        request.match_info["job_uuid"], printed=body.printed
    )
    return web.json_response(_job(job))


@routes.get("/admin/v1/journal")
async def get_journal(request: web.Request) -> web.Response:
    """The journal of the present epoch, page by page."""
    check_admin(request)
    store = request.app[SERVICES].ground.store
    after, limit = _page(request)
    entries = store.entries(after + 1, after + limit)
    return web.json_response(
        {
            "entries": [asdict(entry) for entry in entries],
            "next_after": entries[-1].seq if entries else after,
        }
    )


def _job(job: Job) -> dict[str, Any]:
    return {field.name: getattr(job, field.name) for field in fields(job)}


def _page(request: web.Request) -> tuple[int, int]:
    """Behind which row the page begins, and how many rows it may have."""
    return _number(request, "after", 0), min(_number(request, "limit", PAGE_MAX), PAGE_MAX)


def _number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > DIGITS_MAX:
        raise refusal(Cause.BAD_REQUEST)
    return int(text)
