"""Messages of the link as bytes, and back: a first byte says whether a frame is text or binary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from replication.messages import (
    PackedEntries,
    PushedDelta,
    parse_from_primary,
    parse_from_site,
)

if TYPE_CHECKING:
    from replication.messages import AnyFromPrimary, AnyFromSite

TEXT: Final = b"t"
BINARY: Final = b"b"


def frame(message: AnyFromSite | AnyFromPrimary) -> bytes:
    """The bytes of a message."""
    if isinstance(message, PackedEntries | PushedDelta):
        return BINARY + message.data
    return TEXT + message.model_dump_json().encode()


def from_site(data: bytes) -> AnyFromSite:
    """What a site said. Errors: `BadMessageError`."""
    return PackedEntries(data=data[1:]) if data[:1] == BINARY else parse_from_site(data[1:])


def from_primary(data: bytes) -> AnyFromPrimary:
    """What headquarters said. Errors: `BadMessageError`."""
    return PushedDelta(data=data[1:]) if data[:1] == BINARY else parse_from_primary(data[1:])
