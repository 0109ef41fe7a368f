"""What a site says of a headquarters that came back with another or an older directory."""

from __future__ import annotations

from typing import Final

SET_BACK: Final = (
    "set back: headquarters is at TXID {theirs} and this replica at {ours} of the same lineage: "
    "its files were put back. This site goes on with what it has and follows no further. Have "
    "headquarters run: holdfast-primary restore --here"
)
NEW_LINEAGE: Final = (
    "headquarters was restored or rebuilt: its directory is another one now. This replica goes "
    "over to it from TXID %d; what it lacks of this site's journal is uploaded again"
)
