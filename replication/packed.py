"""Entries packed for the way up: one `Entries` message as a zstd frame in a binary frame.

Format: the four bytes `HFE1`, then one zstd frame that says its content's size; the content is the
JSON of the message, as it would travel in a text frame. Frames of the other direction begin with
`HFD1` (page deltas), so whoever looks at bytes knows what they are.

Rejected: permessage-deflate of the WebSocket. It keeps 32 kB or more per connection at headquarters
whether anything travels or not, and has no bound on what a message unpacks to.
"""

from __future__ import annotations

from typing import Final

import zstandard

from replication.errors import BadMessageError
from replication.messages import MESSAGE_BYTES_MAX, Entries, PackedEntries, parse_from_site

MAGIC: Final = b"HFE1"
LEVEL: Final = 3
"""A batch of 500 takes about a millisecond and a tenth of its bytes; higher levels save little."""
SINCE: Final = 2
"""The first `messages.UPLINK` that knows them."""


def pack(entries: Entries) -> PackedEntries:
    """The same, packed."""
    text = entries.model_dump_json().encode()
    return PackedEntries(data=MAGIC + zstandard.ZstdCompressor(level=LEVEL).compress(text))


def unpack(data: bytes) -> Entries:
    """What was packed. Errors: `BadMessageError`; nothing beyond the message bound is unpacked."""
    if data[: len(MAGIC)] != MAGIC:
        raise BadMessageError("A binary frame does not begin as packed entries do.")
    frame = data[len(MAGIC) :]
    try:
        size_bytes = zstandard.get_frame_parameters(frame).content_size
        if not 0 < size_bytes <= MESSAGE_BYTES_MAX:
            raise BadMessageError(f"Packed entries say that they are {size_bytes} bytes.")
        text = zstandard.ZstdDecompressor().decompress(frame, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise BadMessageError(f"Packed entries cannot be unpacked: {error}") from error
    message = parse_from_site(text)
    if not isinstance(message, Entries):
        raise BadMessageError(f"Only entries may be packed, and this is a {message.type}.")
    return message
