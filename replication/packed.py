"""Entries packed for the way up: a batch as a zstd frame in a binary frame.

Format: the four bytes `HFE1`, then one zstd frame that says its content's size; the content is a
JSON list of entries, all fields of `journal.Entry`. What each of them repeats costs nothing once it
is packed, and so an entry is read straight into the value that the ledger keeps. Frames of the
other direction begin with `HFD1` (page deltas), so whoever looks at bytes knows what they are.

Rejected: permessage-deflate of the WebSocket. It keeps 32 kB or more per connection at headquarters
whether anything travels or not, and has no bound on what a message unpacks to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import zstandard
from pydantic import Field, TypeAdapter, ValidationError

from replication.errors import BadMessageError
from replication.exchange import PACKED_ENTRIES_MAX
from replication.journal import Entry
from replication.messages import MESSAGE_BYTES_MAX, PackedEntries

if TYPE_CHECKING:
    from collections.abc import Sequence

MAGIC: Final = b"HFE1"
LEVEL: Final = 1
"""A batch of 1,000 takes half a millisecond and an eighth of its bytes; higher levels
save little."""
SINCE: Final = 2
"""The first `messages.UPLINK` that knows them."""
_ENTRY: Final[TypeAdapter[Entry]] = TypeAdapter(Entry)
_BATCH: Final[TypeAdapter[list[Entry]]] = TypeAdapter(
    Annotated[list[Entry], Field(min_length=1, max_length=PACKED_ENTRIES_MAX)]
)


def pack(batch: Sequence[Entry]) -> PackedEntries:
    """The batch, packed."""
    return pack_texts([entry_text(entry) for entry in batch])


def pack_texts(texts: Sequence[str]) -> PackedEntries:
    """A batch of which each entry is a text already."""
    text = f"[{','.join(texts)}]".encode()
    return PackedEntries(data=MAGIC + zstandard.ZstdCompressor(level=LEVEL).compress(text))


def entry_text(entry: Entry) -> str:
    """The entry as JSON of all its fields."""
    return _ENTRY.dump_json(entry).decode()


def unpack(packed: PackedEntries) -> list[Entry]:
    """What was packed. Errors: `BadMessageError`; nothing beyond the message bound is unpacked."""
    if packed.data[: len(MAGIC)] != MAGIC:
        raise BadMessageError("A binary frame does not begin as packed entries do.")
    frame = packed.data[len(MAGIC) :]
    try:
        size_bytes = zstandard.get_frame_parameters(frame).content_size
        if not 0 < size_bytes <= MESSAGE_BYTES_MAX:
            raise BadMessageError(f"Packed entries say that they are {size_bytes} bytes.")
        text = zstandard.ZstdDecompressor().decompress(frame, allow_extra_data=False)
        return _BATCH.validate_json(text)
    except zstandard.ZstdError as error:
        raise BadMessageError(f"Packed entries cannot be unpacked: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BadMessageError(f"Packed entries are none: {where}: {first['msg']}") from error
