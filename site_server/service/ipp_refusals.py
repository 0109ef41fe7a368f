"""Every no of this site as the IPP status that says it (RFC 8011, appendix B)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from failure_modes.vocabulary import Reason
from site_server.causes import Cause
from site_server.ipp.service_port import Refusal
from site_server.ipp.vocabulary import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from site_server.errors import RefusedError

STATUS: Final[Mapping[str, Status]] = {
    Reason.NO_REPLICA: Status.NOT_ACCEPTING_JOBS,
    Reason.UNKNOWN_USER: Status.NOT_AUTHORIZED,
    Reason.USER_DISABLED: Status.NOT_AUTHORIZED,
    Reason.UNAUTHENTICATED: Status.NOT_AUTHENTICATED,
    Reason.NO_ACCOUNT_CHOSEN: Status.NOT_AUTHORIZED,
    Reason.UNKNOWN_ACCOUNT: Status.NOT_AUTHORIZED,
    Reason.ACCOUNT_DISABLED: Status.NOT_AUTHORIZED,
    Reason.NOT_ENOUGH_CREDIT: Status.NOT_AUTHORIZED,
    Reason.PASSWORD_LOGIN_OFF: Status.NOT_AUTHORIZED,
    Reason.PASSWORD_NOT_CHECKED: Status.TEMPORARY_ERROR,
    Reason.CREDENTIALS_TOO_OLD: Status.NOT_AUTHORIZED,
    Cause.TOO_MANY_TRIES: Status.NOT_AUTHORIZED,
    Cause.TOO_MANY_LOGINS: Status.BUSY,
    Cause.NO_SUCH_JOB: Status.NOT_FOUND,
    Cause.NO_SUCH_QUEUE: Status.NOT_FOUND,
    Cause.NO_SUCH_PRINTER: Status.NOT_ACCEPTING_JOBS,
    Cause.NO_PRICE: Status.NOT_ACCEPTING_JOBS,
    Cause.NOT_YOUR_JOB: Status.NOT_AUTHORIZED,
    Cause.RELEASE_AT_PANEL: Status.NOT_AUTHORIZED,
    Cause.HAS_DOCUMENT: Status.MULTIPLE_DOCUMENTS_NOT_SUPPORTED,
    Cause.TOO_MANY_JOBS: Status.TOO_MANY_JOBS,
    Cause.TOO_MANY_UPLOADS: Status.BUSY,
    Cause.TOO_MANY_DELIVERIES: Status.BUSY,
    Cause.DISK_FULL: Status.TEMPORARY_ERROR,
    Cause.STORE_BUSY: Status.TEMPORARY_ERROR,
    Cause.STOPPING: Status.SERVICE_UNAVAILABLE,
    Cause.DOCUMENT_TOO_LARGE: Status.REQUEST_ENTITY_TOO_LARGE,
}
"""Every other no is about the state of the job: not-possible."""


def refused(error: RefusedError) -> Refusal:
    """The same no, as a value for the endpoint."""
    status = STATUS.get(error.reason, Status.NOT_POSSIBLE)
    return Refusal(reason=error.reason, message=error.detail, status=status)
