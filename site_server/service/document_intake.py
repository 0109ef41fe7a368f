"""One document on its way in, from the first byte to the job that it becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from replication.errors import StorageError, StorageFullError
from site_server.causes import Cause
from site_server.errors import RefusedError, SpoolError, SpoolFullError
from site_server.refusals import refusal
from site_server.service.ipp_refusals import refused
from site_server.service.job_views import job_view

if TYPE_CHECKING:
    from site_server.ipp.service_port import DocumentInfo, JobView, Refusal
    from site_server.ports import Spooled, SpoolWriter
    from site_server.service.incoming_jobs import IncomingJobs
    from site_server.service.submit_job import Admitted, SubmitJob

DISK_FULL = refused(refusal(Cause.DISK_FULL))


class DocumentIntake:
    """A `DocumentWriter` of the IPP endpoint. Its end is `abort`, whatever happened before."""

    def __init__(
        self, submit_job: SubmitJob, admitted: Admitted, document: DocumentInfo, writer: SpoolWriter
    ) -> None:
        self._submit_job = submit_job
        self._admitted = admitted
        self._document = document
        self._writer = writer
        self._incoming: IncomingJobs | None = None
        self._spooled: Spooled | None = None
        self._is_job = False
        self._is_over = False

    @classmethod
    async def begin(
        cls, submit_job: SubmitJob, admitted: Admitted, document: DocumentInfo
    ) -> Self | Refusal:
        """A writer; a refusal where there is no room. Raises `RefusedError` at a bound."""
        try:
            writer = await submit_job.open_document()
        except SpoolFullError:
            return DISK_FULL
        return cls(submit_job, admitted, document, writer)

    def of(self, incoming: IncomingJobs) -> Self:
        """The same, for a job that the client created before."""
        self._incoming = incoming
        return self

    async def write(self, chunk: bytes) -> Refusal | None:
        """Take some more bytes."""
        try:
            await self._writer.write(chunk)
        except SpoolFullError:
            return DISK_FULL
        return None

    async def commit(self, *, is_last: bool) -> JobView | Refusal:
        """Make the document durable and the job real. One document is all that a job has."""
        del is_last
        try:
            self._check_wanted()
            self._spooled = await self._writer.commit(self._admitted.job_uuid)
            self._check_wanted()
            job = await self._submit_job.accept(self._admitted, self._document, self._spooled)
        except RefusedError as error:
            return refused(error)
        except (SpoolFullError, StorageFullError):
            return DISK_FULL
        except (SpoolError, StorageError):
            return refused(refusal(Cause.STORE_BUSY))
        self._is_job = True
        if self._incoming is not None:
            self._incoming.forget(job.job_number)
        return job_view(job)

    async def abort(self) -> None:
        """Forget what did not become a job. May be called at any time and more than once."""
        if self._is_over:
            return
        self._is_over = True
        self._submit_job.close_document()
        if self._is_job:
            return
        if self._incoming is not None and self._admitted.job_number is not None:
            self._incoming.wait_again(self._admitted.job_number)
        await self._writer.abort()
        if self._spooled is not None:
            await self._submit_job.forget_document(self._admitted.job_uuid)

    def _check_wanted(self) -> None:
        """A created job may be cancelled while its document arrives."""
        number = self._admitted.job_number
        if self._incoming is not None and number is not None:
            self._incoming.check_receiving(number)
