"""Every error that `site_server.ipp` raises. The docstring of a class is its default message.

Each carries the status that a client is told, so that the endpoint needs one `except` only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from site_server.errors import SiteError
from site_server.ipp.vocabulary import Status

if TYPE_CHECKING:
    from site_server.ipp.values import Attribute


class IppError(SiteError):
    """The IPP request failed."""

    status: ClassVar[Status] = Status.INTERNAL_ERROR


class CodecError(IppError):
    """The bytes are not an IPP message."""

    status: ClassVar[Status] = Status.BAD_REQUEST


class MalformedMessageError(CodecError):
    """The IPP message breaks the rules of RFC 8010."""


class TruncatedMessageError(CodecError):
    """The IPP message ends before its end-of-attributes tag."""


class MessageTooLargeError(CodecError):
    """The attributes of the IPP message are larger than this server reads."""

    status: ClassVar[Status] = Status.REQUEST_ENTITY_TOO_LARGE


class ValueTooLongError(CodecError):
    """A value is longer than its syntax allows."""

    status: ClassVar[Status] = Status.REQUEST_VALUE_TOO_LONG


class UnencodableError(IppError):
    """This value cannot be written as IPP."""


class RequestError(IppError):
    """The request breaks the rules of RFC 8011."""

    def __init__(
        self, code: Status, message: str, *, unsupported: tuple[Attribute, ...] = ()
    ) -> None:
        super().__init__(message)
        self.code = code
        self.unsupported = unsupported


class ChallengeError(IppError):
    """This needs a user name and a password. Send them over TLS; the computer asks for them."""

    status: ClassVar[Status] = Status.NOT_AUTHENTICATED


class BodyError(IppError):
    """The document did not arrive whole. Nothing was accepted."""

    status: ClassVar[Status] = Status.BAD_REQUEST


class BodyCutError(BodyError):
    """The connection ended before the promised end of the document. Nothing was accepted."""


class BodyStalledError(BodyError):
    """The client stopped sending in the middle of the request. Nothing was accepted."""

    status: ClassVar[Status] = Status.TIMEOUT


class DocumentTooLargeError(BodyError):
    """The document is larger than this queue takes. Nothing was accepted."""

    status: ClassVar[Status] = Status.REQUEST_ENTITY_TOO_LARGE


class CompressionError(BodyError):
    """The document is not valid in the compression it claims. Nothing was accepted."""

    status: ClassVar[Status] = Status.COMPRESSION_ERROR
