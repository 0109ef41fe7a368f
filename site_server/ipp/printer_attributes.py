"""A `QueueView` as IPP attributes (RFC 8011, 5.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from site_server.ipp.attributes import (
    boolean,
    charset,
    date_time,
    enum,
    int_range,
    integer,
    keyword,
    mime_type,
    name_,
    natural_language,
    text,
    uri,
)
from site_server.ipp.document_format import FORMATS, OCTET_STREAM
from site_server.ipp.job_attributes import seconds
from site_server.ipp.job_template import offers, template_attributes
from site_server.ipp.request import CHARSET, LANGUAGE
from site_server.ipp.vocabulary import Operation

if TYPE_CHECKING:
    from site_server.ipp.service_port import QueueView
    from site_server.ipp.uris import Uris
    from site_server.ipp.values import Attribute

COMPRESSIONS: Final = ("none", "gzip")
_K: Final = 1024
_CUPS_MONO: Final = 0x0004
_CUPS_COLOUR: Final = 0x0008
_CUPS_DUPLEX: Final = 0x0010
_CUPS_COPIES: Final = 0x0080
_OFFERED: Final = (
    Operation.PRINT_JOB,
    Operation.VALIDATE_JOB,
    Operation.CREATE_JOB,
    Operation.SEND_DOCUMENT,
    Operation.CANCEL_JOB,
    Operation.GET_JOB_ATTRIBUTES,
    Operation.GET_JOBS,
    Operation.GET_PRINTER_ATTRIBUTES,
    Operation.HOLD_JOB,
    Operation.RELEASE_JOB,
    Operation.CANCEL_MY_JOBS,
    Operation.CLOSE_JOB,
    Operation.CUPS_GET_DEFAULT,
    Operation.CUPS_GET_PRINTERS,
    Operation.CUPS_GET_CLASSES,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueScene:
    """A queue, from where it is looked at, when, and the bounds of this server."""

    queue: QueueView
    uris: Uris
    now_ms: int
    document_bytes_max: int
    multiple_operation_ms: int


def printer_attributes(scene: QueueScene, requested: tuple[str, ...]) -> tuple[Attribute, ...]:
    """The requested attributes and groups, each once; everything if nothing is requested."""
    description = _description(scene)
    template = template_attributes(scene.queue)
    wanted = set(requested or ("all",))
    if "all" in wanted:
        return description + template
    chosen = description if "printer-description" in wanted else ()
    chosen += template if "job-template" in wanted else ()
    chosen_names = {one.name for one in chosen}
    return chosen + tuple(
        one for one in description + template if one.name in wanted and one.name not in chosen_names
    )


def _description(scene: QueueScene) -> tuple[Attribute, ...]:
    return (*_identity(scene), *_state(scene), *_abilities(scene), *_constants())


def _identity(scene: QueueScene) -> tuple[Attribute, ...]:
    queue, uris = scene.queue, scene.uris
    return (
        name_("printer-name", queue.name),
        uri("printer-uuid", f"urn:uuid:{queue.uuid}"),
        text("printer-info", queue.info or queue.name),
        text("printer-location", queue.location),
        text("printer-make-and-model", queue.make_and_model),
        uri("printer-more-info", uris.web),
        # These three are parallel (RFC 8011, 5.4.1 to 5.4.3), of the uri that the client came by:
        # lp takes two of them for one address with a comma in it, and finds no queue there.
        uri("printer-uri-supported", uris.queue(queue.name)),
        keyword("uri-security-supported", uris.security),
        keyword("uri-authentication-supported", _proof(queue, uris)),
    )


def _proof(queue: QueueView, uris: Uris) -> str:
    """Basic is said only where a client is challenged: CUPS asks for a password wherever it is."""
    return "basic" if queue.asks_for_password and uris.takes_basic else "requesting-user-name"


def _state(scene: QueueScene) -> tuple[Attribute, ...]:
    queue = scene.queue
    changed_at_ms = queue.changed_at_ms if queue.changed_at_ms is not None else scene.now_ms
    return (
        enum("printer-state", queue.state),
        keyword("printer-state-reasons", *queue.state_reasons),
        text("printer-state-message", queue.state_message),
        boolean("printer-is-accepting-jobs", value=queue.is_accepting),
        integer("queued-job-count", queue.queued_jobs),
        integer("printer-up-time", seconds(scene.now_ms)),
        date_time("printer-current-time", scene.now_ms),
        integer("printer-state-change-time", seconds(changed_at_ms)),
        date_time("printer-state-change-date-time", changed_at_ms),
    )


def _abilities(scene: QueueScene) -> tuple[Attribute, ...]:
    queue = scene.queue
    settable = ("copies", *offers(queue))
    return (
        boolean("color-supported", value=queue.has_colour),
        enum("printer-type", _printer_type(queue)),
        int_range("job-k-octets-supported", 0, scene.document_bytes_max // _K),
        integer("multiple-operation-time-out", max(scene.multiple_operation_ms // 1000, 1)),
        keyword("job-creation-attributes-supported", "job-name", "document-name", *settable),
    )


def _printer_type(queue: QueueView) -> int:
    """The abilities as the bit set that CUPS clients read."""
    return (
        _CUPS_MONO
        | _CUPS_COPIES
        | (_CUPS_COLOUR if queue.has_colour else 0)
        | (_CUPS_DUPLEX if queue.has_duplex else 0)
    )


def _constants() -> tuple[Attribute, ...]:
    return (
        charset("charset-configured", CHARSET),
        charset("charset-supported", CHARSET),
        natural_language("natural-language-configured", LANGUAGE),
        natural_language("generated-natural-language-supported", LANGUAGE),
        keyword("compression-supported", *COMPRESSIONS),
        mime_type("document-format-default", OCTET_STREAM),
        mime_type("document-format-supported", *FORMATS),
        integer("copies-default", 1),
        keyword("ipp-versions-supported", "1.1", "2.0"),
        boolean("job-ids-supported", value=True),
        boolean("multiple-document-jobs-supported", value=False),
        keyword("multiple-operation-time-out-action", "abort-job"),
        enum("operations-supported", *_OFFERED),
        boolean("page-ranges-supported", value=False),
        keyword("pdl-override-supported", "not-attempted"),
        boolean("preferred-attributes-supported", value=False),
        keyword("which-jobs-supported", "completed", "not-completed", "all"),
    )
