"""The operations on jobs that exist: look, cancel, hold, release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from site_server.ipp.attributes import unsupported
from site_server.ipp.call import Reply, refused
from site_server.ipp.errors import RequestError
from site_server.ipp.job_attributes import BRIEF
from site_server.ipp.job_template import HOLDS
from site_server.ipp.service_port import HOLD_INDEFINITE, JobView, Refusal, WhichJobs
from site_server.ipp.vocabulary import Status

if TYPE_CHECKING:
    from site_server.ipp.call import Call

_ALL: Final = ("all",)


async def get_job_attributes(call: Call) -> Reply:
    """Get-Job-Attributes."""
    job = await call.job()
    return Reply(groups=(call.describe(job, call.request.requested or _ALL),))


async def get_jobs(call: Call) -> Reply:
    """Get-Jobs: of one queue, or of all if the printer-uri names only the server."""
    queue_name = (await call.queue()).name if call.request.queue_name else None
    attributes = call.request.attributes
    is_mine = attributes.boolean("my-jobs") is True
    jobs = await call.service.jobs(
        queue_name, _which(call), call.request.user_name if is_mine else None, _limit(call)
    )
    requested = call.request.requested or BRIEF
    return Reply(groups=tuple(call.describe(job, requested) for job in jobs))


async def cancel_job(call: Call) -> Reply:
    """Cancel-Job."""
    job = await call.job()
    return _done(await call.service.cancel(job.job_id, call.request.user_name))


async def cancel_my_jobs(call: Call) -> Reply:
    """Cancel-My-Jobs: those named by job-ids, else all that are not done (PWG 5100.11).

    A job-id that is not among them refuses the request before anything is canceled.
    """
    queue_name = (await call.queue()).name if call.request.queue_name else None
    mine = await call.service.jobs(
        queue_name, WhichJobs.NOT_COMPLETED, call.request.user_name, call.settings.jobs_max
    )
    named = call.request.attributes.get("job-ids")
    wanted = set(named.integers()) if named else {job.job_id for job in mine}
    if wanted - {job.job_id for job in mine}:
        message = "Some of these jobs are not yours or are already done."
        raise RequestError(Status.NOT_POSSIBLE, message, unsupported=(named,) if named else ())
    for job_id in sorted(wanted):
        outcome = await call.service.cancel(job_id, call.request.user_name)
        if isinstance(outcome, Refusal):
            return refused(outcome)
    return Reply()


async def hold_job(call: Call) -> Reply:
    """Hold-Job."""
    hold_until = call.request.attributes.text("job-hold-until") or HOLD_INDEFINITE
    if hold_until not in HOLDS:
        message = f"This server cannot hold a job until {hold_until}."
        ignored = (unsupported("job-hold-until"),)
        raise RequestError(Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED, message, unsupported=ignored)
    job = await call.job()
    return _done(await call.service.hold(job.job_id, call.request.user_name, hold_until))


async def release_job(call: Call) -> Reply:
    """Release-Job: ends a hold made by Hold-Job or job-hold-until."""
    job = await call.job()
    return _done(await call.service.release(job.job_id, call.request.user_name))


def _done(outcome: JobView | Refusal) -> Reply:
    return refused(outcome) if isinstance(outcome, Refusal) else Reply()


def _which(call: Call) -> WhichJobs:
    attributes = call.request.attributes
    wanted = attributes.text("which-jobs") or WhichJobs.NOT_COMPLETED
    try:
        return WhichJobs(wanted)
    except ValueError as error:
        found = attributes.get("which-jobs")
        message = f"This server has no list of jobs called {wanted}."
        raise RequestError(
            Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED,
            message,
            unsupported=(found,) if found else (),
        ) from error


def _limit(call: Call) -> int:
    limit = call.request.attributes.integer("limit")
    if limit is None:
        return call.settings.jobs_max
    if limit < 1:
        message = "limit must be at least 1."
        raise RequestError(Status.BAD_REQUEST, message)
    return min(limit, call.settings.jobs_max)
