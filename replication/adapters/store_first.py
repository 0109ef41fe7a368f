"""Files from the store, and from the primary what the store does not give.

A store that is out of reach is left alone for a while, so that not every file waits for it anew,
and a transfer that it broke off is continued from the primary: the bytes are the same. The mirror
asks again for a file that it has had whole only where its bytes were wrong; the primary then gives
it.
"""

from __future__ import annotations

import logging
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from replication.adapters.ltx_fetch import NotThereError, SourceDownError, WrongBytesError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from replication.adapters.ltx_fetch import Fetch
    from replication.manifest import LtxName
    from replication.ports import Clock

log = logging.getLogger(__name__)

AVOIDED_MS: Final = 30_000


class StoreFirst:
    """Two ways to the same files."""

    def __init__(self, *, store: Fetch, primary: Fetch, clock: Clock) -> None:
        self._store = store
        self._primary = primary
        self._clock = clock
        self._avoided_until_ms = 0
        self._trouble = ""
        self._given: tuple[LtxName, str] | None = None
        self.from_store = 0
        """Files that the store gave, since this process began."""

    async def fetch(
        self, name: LtxName, lineage: str, offset_bytes: int = 0
    ) -> AsyncGenerator[bytes, None]:
        """The bytes of the file from there on (an `ltx_fetch.Fetch`).

        Errors: those of the primary.
        """
        wrong = self._given == (name, lineage)
        if wrong:
            self._tell(f"it gave other bytes for {name} than headquarters vouches for")
        if not wrong and self._clock.monotonic_ms() >= self._avoided_until_ms:
            try:
                async with aclosing(self._store(name, lineage, offset_bytes)) as pieces:
                    async for piece in pieces:
                        offset_bytes += len(piece)
                        yield piece
            except NotThereError:
                pass  # compacted since, or not there yet: the primary knows which
            except (SourceDownError, WrongBytesError) as error:
                self._avoided_until_ms = self._clock.monotonic_ms() + AVOIDED_MS
                self._tell(str(error))
            else:
                self._given = (name, lineage)
                self.from_store += 1
                self._tell("")
                return
        self._given = None
        async with aclosing(self._primary(name, lineage, offset_bytes)) as pieces:
            async for piece in pieces:
                yield piece

    def _tell(self, trouble: str) -> None:
        if trouble and not self._trouble:
            log.warning("files are fetched from headquarters, not from the store: %s", trouble)
        if self._trouble and not trouble:
            log.info("files are fetched from the store again")
        self._trouble = trouble
