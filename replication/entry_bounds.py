"""What a journal entry may be at most, wherever it travels.

Only what cannot be kept at all is refused by these, with the message and so again and again. An
entry that cannot be right is disputed by headquarters, and one with a wrong hash is a fork.
"""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from replication.ports import WallMs

BODY_CHARS_MAX: Final = 32_768
"""Of one entry's body: three names and a title of nothing but emoji (12 characters each) fit.

Headquarters disputes a longer one; refused it is not, for then it would hold back all behind it.
"""
BATCH_CHARS_MAX: Final = 1024 * 1024
"""Of the bodies in one `Entries`: quoted once more, they stay well below the message bound."""

SmallInt = Annotated[int, Field(ge=-(2**63), lt=2**63)]
"""What a database holds as a number."""
SmallWallMs = Annotated[WallMs, Field(ge=-(2**63), lt=2**63)]
EntrySeq = Annotated[int, Field(ge=1, le=2**53)]
EntryText = Annotated[str, Field(max_length=BATCH_CHARS_MAX)]
HashText = Annotated[str, Field(max_length=64)]
