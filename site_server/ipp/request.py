"""The rules that every request must keep, before any operation looks at it (RFC 8011, 4.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from site_server.ipp.errors import RequestError
from site_server.ipp.vocabulary import GroupTag, Operation, Status, ValueTag

if TYPE_CHECKING:
    from collections.abc import Iterable

    from site_server.ipp.service_port import Refusal
    from site_server.ipp.values import Attribute, Group, Head, Message

MAJOR_VERSIONS: Final = (1, 2)
ANSWER_VERSIONS: Final = {1: (1, 1), 2: (2, 0)}
ANONYMOUS: Final = "anonymous"
CHARSET: Final = "utf-8"
LANGUAGE: Final = "en"

_WITHOUT_TARGET: Final = frozenset(
    {Operation.CUPS_GET_DEFAULT, Operation.CUPS_GET_PRINTERS, Operation.CUPS_GET_CLASSES}
)
_ON_A_JOB: Final = frozenset(
    {
        Operation.SEND_DOCUMENT,
        Operation.CANCEL_JOB,
        Operation.GET_JOB_ATTRIBUTES,
        Operation.HOLD_JOB,
        Operation.RELEASE_JOB,
        Operation.CLOSE_JOB,
    }
)
_URI_SCHEMES: Final = frozenset({"ipp", "ipps", "http", "https"})
_QUEUE_FOLDERS: Final = ("/printers/", "/ipp/print/")
_JOB_FOLDER: Final = "/jobs/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that keeps the rules. `queue_name` None means all queues, `job_id` None no job."""

    head: Head
    operation: Operation
    attributes: Group
    job_template: Group
    queue_name: str | None
    job_id: int | None
    client_address: str = ""
    proven_user: str = ""
    """Who the client is, where it proved that (`basic.py`)."""
    unproven_because: Refusal | None = None
    """Why its credentials could not be looked at."""

    @property
    def is_proven(self) -> bool:
        """Whether the client proved who it is."""
        return self.proven_user != ""

    @property
    def user_name(self) -> str:
        """Who the client is, or else says it is."""
        return self.proven_user or self.attributes.text("requesting-user-name") or ANONYMOUS

    @property
    def requested(self) -> tuple[str, ...]:
        """The attributes and groups that the client wants; empty if it does not say."""
        return self.attributes.texts("requested-attributes")


def check_version(head: Head) -> None:
    """Refuse a major version that we do not speak (RFC 8011, 4.1.8).

    Raises:
        RequestError: server-error-version-not-supported.

    """
    if head.version[0] not in MAJOR_VERSIONS:
        message = "This server speaks IPP 1.1 and 2.0."
        raise RequestError(Status.VERSION_NOT_SUPPORTED, message)


def answer_version(head: Head) -> tuple[int, int]:
    """The version to answer in: that of the request, or the nearest one that we speak."""
    return ANSWER_VERSIONS[min(max(head.version[0], min(ANSWER_VERSIONS)), max(ANSWER_VERSIONS))]


def read_request(message: Message, client_address: str = "") -> Request:
    """The request in this message.

    Raises:
        RequestError: it breaks a rule of RFC 8011; the error says which and the status.

    """
    check_version(message.head)
    operation = _operation(message.head)
    _check_request_id(message.head)
    _check_groups(message.groups)
    attributes = message.groups[0]
    _check_charset(attributes.attributes)
    queue_name, job_id = _target(operation, attributes)
    return Request(
        head=message.head,
        operation=operation,
        attributes=attributes,
        job_template=message.group(GroupTag.JOB),
        queue_name=queue_name,
        job_id=job_id,
        client_address=client_address,
    )


def _bad(message: str) -> RequestError:
    return RequestError(Status.BAD_REQUEST, message)


def _operation(head: Head) -> Operation:
    try:
        return Operation(head.code)
    except ValueError as error:
        message = f"This server does not offer the operation 0x{head.code:04x}."
        raise RequestError(Status.OPERATION_NOT_SUPPORTED, message) from error


def _check_request_id(head: Head) -> None:
    if head.request_id < 1:
        message = "The request-id must be at least 1."
        raise _bad(message)


def _check_groups(groups: tuple[Group, ...]) -> None:
    if not groups or groups[0].tag != GroupTag.OPERATION:
        message = "The operation attributes must come first."
        raise _bad(message)
    for group in groups:
        names = [attribute.name for attribute in group.attributes]
        if len(names) != len(set(names)):
            message = "An attribute stands twice in the same group."
            raise _bad(message)


def _check_charset(attributes: tuple[Attribute, ...]) -> None:
    names = [attribute.name for attribute in attributes[:2]]
    tags = [attribute.tag for attribute in attributes[:2]]
    if names != ["attributes-charset", "attributes-natural-language"] or tags != [
        ValueTag.CHARSET,
        ValueTag.NATURAL_LANGUAGE,
    ]:
        message = "attributes-charset and attributes-natural-language must come first."
        raise _bad(message)
    wanted = attributes[0].texts()[0]
    if wanted.lower() != CHARSET:
        message = f"This server speaks {CHARSET} only."
        raise RequestError(Status.CHARSET_NOT_SUPPORTED, message, unsupported=(attributes[0],))


def _target(operation: Operation, attributes: Group) -> tuple[str | None, int | None]:
    """The queue and the job that the request is about (RFC 8011, 4.1.5)."""
    if operation in _WITHOUT_TARGET:
        return None, None
    printer_uri = _uri(attributes, "printer-uri")
    job_uri = _uri(attributes, "job-uri")
    if operation in _ON_A_JOB:
        return _job_target(attributes, printer_uri, job_uri)
    if printer_uri is None:
        message = "The request has no printer-uri."
        raise _bad(message)
    return _queue_of(printer_uri), None


def _job_target(
    attributes: Group, printer_uri: str | None, job_uri: str | None
) -> tuple[str | None, int | None]:
    if job_uri is not None:
        return None, _job_of(job_uri)
    if printer_uri is None:
        message = "The request has neither job-uri nor printer-uri."
        raise _bad(message)
    job_id = attributes.integer("job-id")
    if job_id is None:
        message = "The request has a printer-uri but no job-id."
        raise _bad(message)
    return _queue_of(printer_uri), job_id


def _uri(attributes: Group, name: str) -> str | None:
    found = attributes.get(name)
    if found is None:
        return None
    if found.tag != ValueTag.URI or len(found.values) != 1:
        message = f"{name} must be one uri."
        raise _bad(message)
    return str(found.first)


def _path(uri: str) -> str:
    try:
        parts = urlsplit(uri)
    except ValueError as error:
        message = "The uri cannot be read."
        raise _bad(message) from error
    if parts.scheme not in _URI_SCHEMES:
        message = "The uri must begin with ipp: or ipps:."
        raise _bad(message)
    return unquote(parts.path)


def _queue_of(uri: str) -> str | None:
    """The queue that a printer-uri names; None for the server itself (`/`, `/printers/`)."""
    path = _path(uri)
    for folder in _QUEUE_FOLDERS:
        if path.startswith(folder):
            return path.removeprefix(folder) or None
    if path.rstrip("/") in _bare_folders(_QUEUE_FOLDERS):
        return None
    message = f"There is no queue at {path}."
    raise RequestError(Status.NOT_FOUND, message)


def _bare_folders(folders: Iterable[str]) -> frozenset[str]:
    return frozenset({"", *(folder.rstrip("/") for folder in folders)})


def _job_of(uri: str) -> int:
    path = _path(uri)
    number = path.removeprefix(_JOB_FOLDER)
    if path.startswith(_JOB_FOLDER) and number.isascii() and number.isdigit():
        return int(number[:10])
    message = f"There is no job at {path}."
    raise RequestError(Status.NOT_FOUND, message)
