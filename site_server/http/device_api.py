"""The API of the panels: log in with a card or a password, look, release, delete, copy, log out."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from failure_modes.catalogue import money_text, render
from failure_modes.facts import CopyFacts
from failure_modes.pricing import PageCount
from site_server.causes import Cause
from site_server.errors import RefusedError
from site_server.http.bodies import CopyBody, FinishBody, LoginBody, ReleaseBody, read_body
from site_server.http.keys import SERVICES, device_of, session_of

if TYPE_CHECKING:
    from failure_modes.decision import Decision
    from site_server.service.list_jobs import ListedJob
    from site_server.service.log_in import LoggedIn
    from site_server.store.directory_rows import Device

SESSIONS: Final = "/device/v1/sessions"
SESSION: Final = SESSIONS + "/{session_id}"
JOB: Final = SESSION + "/jobs/{job_uuid}"

OWN: Final = "own"
ALL: Final = "all"
"""Whose jobs are listed: those of whoever is logged in, or for a manager everybody's."""

routes: Final = web.RouteTableDef()


@routes.post(SESSIONS)
async def log_in(request: web.Request) -> web.Response:
    """A card was held to the reader, or somebody typed their password."""
    device = device_of(request)
    answer = await _enter(request, device, await read_body(request, LoginBody))
    return _json(
        {
            "session_id": answer.session.session_id,
            "user_name": answer.session.user_name,
            "full_name": answer.full_name,
            "printer_name": answer.session.printer_name,
            "balance_micros": answer.balance_micros,
            "balance": money_text(answer.balance_micros, answer.currency),
            "currency": answer.currency,
            "ask_for_account": answer.ask_for_account,
            "is_manager": answer.is_manager,
        },
        HTTPStatus.CREATED,
    )


async def _enter(request: web.Request, device: Device, body: LoginBody) -> LoggedIn:
    log_in = request.app[SERVICES].log_in
    if body.user_name is not None and body.password is not None:
        return await log_in.log_in_by_password(device, body.user_name, body.password)
    return await log_in.log_in(device, body.card_number or "", body.pin)


@routes.delete(SESSION)
async def log_out(request: web.Request) -> web.Response:
    """The person leaves; what they started goes on."""
    session = session_of(request)
    await request.app[SERVICES].log_in.log_out(session)
    return web.Response(status=HTTPStatus.NO_CONTENT)


@routes.get(SESSION + "/jobs")
async def list_jobs(request: web.Request) -> web.Response:
    """The person's jobs, or all held ones; with what each costs here and whether it may go."""
    session = session_of(request)
    list_jobs = request.app[SERVICES].list_jobs
    all_jobs = _of_all(request)
    listed = await list_jobs.list_all(session) if all_jobs else list_jobs.list(session)
    return _json(
        {
            "user_name": session.user_name,
            "currency": listed.currency,
            "jobs": [job_json(each, listed.currency) for each in listed.jobs],
        }
    )


@routes.post(JOB + "/release")
async def release_job(request: web.Request) -> web.Response:
    """Let a job go to its printer."""
    session = session_of(request)
    body = await read_body(request, ReleaseBody)
    services = request.app[SERVICES]
    released = await services.release_job.release(
        request.match_info["job_uuid"],
        session.user_name,
        body.printer_name or session.printer_name,
        body.charge,
        link=services.decider.link_of(session),
    )
    return _json(
        {
            "job_uuid": released.job.job_uuid,
            "printer_name": released.job.printer_name,
            "fence": released.job.fence,
            "decision": _decision(released.decision, released.currency),
        },
        HTTPStatus.ACCEPTED,
    )


@routes.delete(JOB)
async def delete_job(request: web.Request) -> web.Response:
    """Take a job away."""
    session = session_of(request)
    await request.app[SERVICES].delete_job.delete_at_panel(request.match_info["job_uuid"], session)
    return web.Response(status=HTTPStatus.NO_CONTENT)


@routes.post(SESSION + "/copies")
async def start_copies(request: web.Request) -> web.Response:
    """Set credit aside and let the copier run."""
    session = session_of(request)
    body = await read_body(request, CopyBody)
    facts = CopyFacts(
        pages=body.pages, colour=body.colour, sides=body.sides, paper_size=body.paper_size
    )
    started = await request.app[SERVICES].copy_session.start(session, facts, body.charge)
    return _json(
        {
            "copy_uuid": started.copy.copy_uuid,
            "printer_name": started.copy.printer_name,
            "reserved_micros": started.copy.reserved_micros,
            "reserved": money_text(started.copy.reserved_micros, started.currency),
            "decision": _decision(started.decision, started.currency),
        },
        HTTPStatus.CREATED,
    )


@routes.post(SESSION + "/copies/{copy_uuid}/finish")
async def finish_copies(request: web.Request) -> web.Response:
    """The copier counted; the login may be over by now."""
    device = device_of(request)
    body = await read_body(request, FinishBody)
    copy = await request.app[SERVICES].copy_session.finish(
        request.match_info["session_id"],
        device.device_name,
        request.match_info["copy_uuid"],
        PageCount(mono=body.mono_pages, colour=body.colour_pages),
    )
    cost_micros = copy.cost_micros or 0
    return _json(
        {
            "copy_uuid": copy.copy_uuid,
            "mono_pages": copy.mono_pages,
            "colour_pages": copy.colour_pages,
            "cost_micros": cost_micros,
            "reserved_micros": copy.reserved_micros,
            "over_reserved_micros": max(0, cost_micros - copy.reserved_micros),
        }
    )


def _of_all(request: web.Request) -> bool:
    of = request.query.get("of", OWN)
    if of not in {OWN, ALL}:
        raise RefusedError(Cause.BAD_REQUEST, f"of: {of!r} is not known", f"Send {OWN} or {ALL}.")
    return of == ALL


def job_json(listed: ListedJob, currency: str) -> dict[str, Any]:
    """A job as the panels see it."""
    job = listed.job
    return {
        "job_uuid": job.job_uuid,
        "user_name": job.user_name,
        "job_name": job.job_name,
        "queue_name": job.queue_name,
        "state": job.state,
        "mono_pages": job.mono_pages,
        "colour_pages": job.colour_pages,
        "count_reason": job.count_reason,
        "copies": job.copies,
        "sides": job.sides,
        "colour_mode": job.colour_mode,
        "cost_micros": listed.cost_micros,
        "cost": money_text(listed.cost_micros, currency),
        "may_go": listed.may_go,
        "reason": listed.reason,
        "reason_text": listed.reason_text,
        "accepted_wall_ms": job.accepted_wall_ms,
    }


def _decision(decision: Decision, currency: str) -> dict[str, Any]:
    return {
        "action": decision.action,
        "reasons": list(decision.reasons),
        "detail": render(decision, currency),
        "cost_micros": decision.cost_micros,
        "cost": money_text(decision.cost_micros, currency),
        "charge_to": decision.charge_to,
        "charge_account": decision.charge_account,
        "trace": [
            {
                "rule": step.rule,
                "layer": step.layer,
                "outcome": step.outcome,
                "detail": step.detail,
            }
            for step in decision.trace
        ],
    }


def _json(body: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    return web.json_response(body, status=int(status))
