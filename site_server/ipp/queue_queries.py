"""The operations that look at queues: Get-Printer-Attributes and what CUPS clients ask a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from site_server.ipp.call import Reply
from site_server.ipp.document_format import FORMATS
from site_server.ipp.errors import RequestError
from site_server.ipp.printer_attributes import QueueScene, printer_attributes
from site_server.ipp.values import Group
from site_server.ipp.vocabulary import GroupTag, Status

if TYPE_CHECKING:
    from site_server.ipp.call import Call
    from site_server.ipp.service_port import QueueView


async def get_printer_attributes(call: Call) -> Reply:
    """Get-Printer-Attributes."""
    queue = await call.queue()
    declared = call.request.attributes.text("document-format")
    if declared is not None and declared not in FORMATS:
        message = f"This queue does not take {declared}."
        raise RequestError(Status.DOCUMENT_FORMAT_NOT_SUPPORTED, message)
    return Reply(groups=(_describe(call, queue),))


async def cups_get_default(call: Call) -> Reply:
    """CUPS-Get-Default: the first queue."""
    queues = await call.service.queues()
    if not queues:
        message = "This server has no queues."
        raise RequestError(Status.NOT_FOUND, message)
    return Reply(groups=(_describe(call, queues[0]),))


async def cups_get_printers(call: Call) -> Reply:
    """CUPS-Get-Printers: all queues."""
    queues = await call.service.queues()
    limit = call.request.attributes.integer("limit") or len(queues)
    return Reply(groups=tuple(_describe(call, queue) for queue in queues[: max(limit, 0)]))


async def cups_get_classes(call: Call) -> Reply:  # noqa: ARG001
    """CUPS-Get-Classes: this server has none, which is not an error."""
    return Reply()


def _describe(call: Call, queue: QueueView) -> Group:
    scene = QueueScene(
        queue=queue,
        uris=call.uris,
        now_ms=call.now_ms,
        document_bytes_max=call.settings.document_bytes_max,
        multiple_operation_ms=call.settings.multiple_operation_ms,
    )
    return Group(GroupTag.PRINTER, printer_attributes(scene, call.request.requested))
