"""The operations that bring a document, from Print-Job to Close-Job.

Promise: unless the answer is a success, nothing was accepted. So the document goes through a writer
whose `commit` alone makes it real and whose `abort` always runs last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from site_server.ipp.call import Reply, created, refused
from site_server.ipp.document_format import FORMATS, OCTET_STREAM, sense
from site_server.ipp.errors import RequestError
from site_server.ipp.job_template import read_wish, template_of
from site_server.ipp.printer_attributes import COMPRESSIONS
from site_server.ipp.service_port import DocumentInfo, JobRequest, JobView, Refusal
from site_server.ipp.vocabulary import Status

if TYPE_CHECKING:
    from site_server.ipp.call import Call
    from site_server.ipp.document_body import DocumentBody
    from site_server.ipp.service_port import DocumentWriter
    from site_server.ipp.values import Attribute, Group

UNTITLED = "Untitled"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Submission:
    """A job request that keeps the rules, with what of it this queue ignores."""

    job: JobRequest
    ignored: tuple[Attribute, ...]


async def print_job(call: Call) -> Reply:
    """Print-Job: a job and its one document in one request."""
    submission = await _read_submission(call)
    document = await _read_document(call)
    if document is None:
        message = "The request has no document."
        raise RequestError(Status.BAD_REQUEST, message)
    writer = await call.service.begin_job(submission.job, document)
    outcome = await _receive(call.body, writer, is_last=True)
    return _answer(call, outcome, submission.ignored)


async def validate_job(call: Call) -> Reply:
    """Validate-Job: what Print-Job would say, without a document."""
    submission = await _read_submission(call)
    _check_document_attributes(call.request.attributes)
    refusal = await call.service.validate_job(submission.job)
    if refusal is not None:
        return refused(refusal)
    return Reply(
        status=Status.OK_IGNORED_OR_SUBSTITUTED if submission.ignored else Status.OK,
        unsupported=submission.ignored,
    )


async def create_job(call: Call) -> Reply:
    """Create-Job: a job that waits for Send-Document."""
    submission = await _read_submission(call)
    outcome = await call.service.create_job(submission.job)
    return _answer(call, outcome, submission.ignored)


async def send_document(call: Call) -> Reply:
    """Send-Document: the document of a created job; without a document it only closes the job."""
    is_last = call.request.attributes.boolean("last-document")
    if is_last is None:
        message = "Send-Document needs last-document."
        raise RequestError(Status.BAD_REQUEST, message)
    job = await _open_job(call)
    document = await _read_document(call)
    if document is None:
        return await _close(call, job, is_last=is_last)
    writer = await call.service.open_document(job.job_id, call.request.user_name, document)
    return _answer(call, await _receive(call.body, writer, is_last=is_last))


async def close_job(call: Call) -> Reply:
    """Close-Job: no further document comes (PWG 5100.11)."""
    job = await _open_job(call)
    return await _close(call, job, is_last=True)


async def _open_job(call: Call) -> JobView:
    """The created job. What a proven user began nobody else may end under their name."""
    job = await call.job()
    if job.is_proven:
        call.need_proof()
    return job


async def _close(call: Call, job: JobView, *, is_last: bool) -> Reply:
    if not is_last:
        message = "The request has no document."
        raise RequestError(Status.BAD_REQUEST, message)
    return _answer(call, await call.service.close_job(job.job_id, call.request.user_name))


async def _receive(
    body: DocumentBody, writer: DocumentWriter | Refusal, *, is_last: bool
) -> JobView | Refusal:
    """Pass the document on; whatever happens, what was not committed is forgotten."""
    if isinstance(writer, Refusal):
        return writer
    try:
        while chunk := await body.next_chunk():
            refusal = await writer.write(chunk)
            if refusal is not None:
                return refusal
        return await writer.commit(is_last=is_last)
    finally:
        await writer.abort()


def _answer(call: Call, outcome: JobView | Refusal, ignored: tuple[Attribute, ...] = ()) -> Reply:
    if isinstance(outcome, Refusal):
        return refused(outcome)
    return created(call, outcome, ignored)


async def _read_submission(call: Call) -> _Submission:
    queue = await call.queue()
    if queue.asks_for_password:
        call.need_proof()
    request = call.request
    is_strict = request.attributes.boolean("ipp-attribute-fidelity") is True
    wish = read_wish(template_of(request, queue), queue, is_strict=is_strict)
    job = JobRequest(
        queue_name=queue.name,
        user_name=request.user_name,
        job_name=_title(request.attributes),
        ticket=wish.ticket,
        hold_until=wish.hold_until,
        client_address=request.client_address,
        is_proven=request.is_proven,
    )
    return _Submission(job=job, ignored=wish.unsupported)


async def _read_document(call: Call) -> DocumentInfo | None:
    """What is known of the document; None if the request carries none."""
    attributes = call.request.attributes
    declared, is_gzip = _check_document_attributes(attributes)
    if is_gzip:
        call.body.inflate()
    first = await call.body.peek()
    if not first:
        return None
    return DocumentInfo(
        name=attributes.text("document-name") or _title(attributes),
        format=sense(declared, first),
    )


def _check_document_attributes(attributes: Group) -> tuple[str, bool]:
    """The declared format, and whether the document is gzipped."""
    compression = attributes.text("compression") or COMPRESSIONS[0]
    if compression not in COMPRESSIONS:
        raise _not_offered(Status.COMPRESSION_NOT_SUPPORTED, attributes, "compression")
    declared = attributes.text("document-format") or OCTET_STREAM
    if declared not in FORMATS:
        raise _not_offered(Status.DOCUMENT_FORMAT_NOT_SUPPORTED, attributes, "document-format")
    return declared, compression != COMPRESSIONS[0]


def _not_offered(status: Status, attributes: Group, name: str) -> RequestError:
    found = attributes.get(name)
    message = f"This queue does not take this {name}: {attributes.text(name)}"
    return RequestError(status, message, unsupported=(found,) if found else ())


def _title(attributes: Group) -> str:
    return attributes.text("job-name") or attributes.text("document-name") or UNTITLED
