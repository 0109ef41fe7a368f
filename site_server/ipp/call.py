"""One request on its way through an operation, and the answer that comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from site_server.ipp.attributes import charset, clip, natural_language, text
from site_server.ipp.errors import ChallengeError, IppError, RequestError
from site_server.ipp.job_attributes import CREATED, JobScene, job_attributes
from site_server.ipp.request import CHARSET, LANGUAGE, answer_version
from site_server.ipp.values import Attribute, Group, Head, Message
from site_server.ipp.vocabulary import GroupTag, Status

if TYPE_CHECKING:
    from site_server.ipp.document_body import DocumentBody
    from site_server.ipp.request import Request
    from site_server.ipp.service_port import JobService, JobView, QueueView, Refusal
    from site_server.ipp.uris import Uris

STATUS_MESSAGE_BYTES_MAX = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class IppSettings:
    """The bounds of the endpoint.

    `document_bytes_max`: 1 GiB, as Universal Print has it; inflated bytes. `stall_ms`: how long a
    client may send nothing in the middle of a request. `multiple_operation_ms`: how long a created
    job waits for its document; only announced here, the service ends the job. `jobs_max`: jobs in
    one answer.
    """

    document_bytes_max: int = 1_073_741_824
    stall_ms: int = 60_000
    multiple_operation_ms: int = 120_000
    jobs_max: int = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Everything that an operation needs."""

    request: Request
    body: DocumentBody
    service: JobService
    uris: Uris
    settings: IppSettings
    now_ms: int
    takes_basic: bool = False
    """Whether a password may come over this connection."""

    def need_proof(self) -> None:
        """Go on only if the client proved who it is.

        Raises:
            ChallengeError: it can still do that, here.
            RequestError: it cannot, and why.

        """
        request = self.request
        if request.is_proven:
            return
        if request.unproven_because is not None:
            refusal = request.unproven_because
            raise RequestError(refusal.status, f"{refusal.message} [{refusal.reason}]")
        if self.takes_basic:
            raise ChallengeError
        message = "Print over ipps: this queue needs your password, which only goes over TLS."
        raise RequestError(Status.NOT_AUTHENTICATED, message)

    async def queue(self) -> QueueView:
        """The queue that the request is about.

        Raises:
            RequestError: client-error-not-found.

        """
        name = self.request.queue_name
        found = await self.service.queue(name) if name else None
        if found is None:
            message = f"There is no queue {name or 'of that address'} here."
            raise RequestError(Status.NOT_FOUND, message)
        return found

    async def job(self) -> JobView:
        """The job that the request is about.

        Raises:
            RequestError: client-error-not-found.

        """
        job_id, queue_name = self.request.job_id, self.request.queue_name
        found = None if job_id is None else await self.service.job(job_id)
        if found is None or queue_name not in {None, found.queue_name}:
            message = f"There is no job {job_id} here."
            raise RequestError(Status.NOT_FOUND, message)
        return found

    def describe(self, job: JobView, requested: tuple[str, ...]) -> Group:
        """The job as a group of an answer."""
        scene = JobScene(job=job, uris=self.uris, now_ms=self.now_ms)
        return Group(GroupTag.JOB, job_attributes(scene, requested))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of a request; `unsupported` are attributes that were ignored or refused."""

    status: Status = Status.OK
    message: str = ""
    groups: tuple[Group, ...] = ()
    unsupported: tuple[Attribute, ...] = ()


def refused(refusal: Refusal) -> Reply:
    """The service said no."""
    return Reply(status=refusal.status, message=f"{refusal.message} [{refusal.reason}]")


def failed(error: IppError) -> Reply:
    """The request itself was wrong."""
    if isinstance(error, RequestError):
        return Reply(status=error.code, message=str(error), unsupported=error.unsupported)
    return Reply(status=error.status, message=str(error))


def created(call: Call, job: JobView, unsupported: tuple[Attribute, ...] = ()) -> Reply:
    """A job was made or got its document."""
    return Reply(
        status=Status.OK_IGNORED_OR_SUBSTITUTED if unsupported else Status.OK,
        groups=(call.describe(job, CREATED),),
        unsupported=unsupported,
    )


def to_message(reply: Reply, head: Head) -> Message:
    """The answer to the request with this head (RFC 8011, 4.1.4.2 and 4.1.6)."""
    operation = [
        charset("attributes-charset", CHARSET),
        natural_language("attributes-natural-language", LANGUAGE),
    ]
    if reply.message:
        operation.append(text("status-message", clip(reply.message, STATUS_MESSAGE_BYTES_MAX)))
    groups = [Group(GroupTag.OPERATION, tuple(operation))]
    if reply.unsupported:
        groups.append(Group(GroupTag.UNSUPPORTED, reply.unsupported))
    return Message(
        head=Head(version=answer_version(head), code=reply.status, request_id=head.request_id),
        groups=(*groups, *reply.groups),
    )
