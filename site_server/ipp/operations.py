"""Which function answers which operation. What is in this table is what the endpoint offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from site_server.ipp.job_control import (
    cancel_job,
    cancel_my_jobs,
    get_job_attributes,
    get_jobs,
    hold_job,
    release_job,
)
from site_server.ipp.queue_queries import (
    cups_get_classes,
    cups_get_default,
    cups_get_printers,
    get_printer_attributes,
)
from site_server.ipp.submission import (
    close_job,
    create_job,
    print_job,
    send_document,
    validate_job,
)
from site_server.ipp.vocabulary import Operation

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from site_server.ipp.call import Call, Reply

OPERATIONS: Final[Mapping[Operation, Callable[[Call], Awaitable[Reply]]]] = {
    Operation.PRINT_JOB: print_job,
    Operation.VALIDATE_JOB: validate_job,
    Operation.CREATE_JOB: create_job,
    Operation.SEND_DOCUMENT: send_document,
    Operation.CANCEL_JOB: cancel_job,
    Operation.GET_JOB_ATTRIBUTES: get_job_attributes,
    Operation.GET_JOBS: get_jobs,
    Operation.GET_PRINTER_ATTRIBUTES: get_printer_attributes,
    Operation.HOLD_JOB: hold_job,
    Operation.RELEASE_JOB: release_job,
    Operation.CANCEL_MY_JOBS: cancel_my_jobs,
    Operation.CLOSE_JOB: close_job,
    Operation.CUPS_GET_DEFAULT: cups_get_default,
    Operation.CUPS_GET_PRINTERS: cups_get_printers,
    Operation.CUPS_GET_CLASSES: cups_get_classes,
}


async def perform(call: Call) -> Reply:
    """The answer of the operation.

    Raises:
        IppError: the request or its document was wrong; nothing was accepted.

    """
    return await OPERATIONS[call.request.operation](call)
