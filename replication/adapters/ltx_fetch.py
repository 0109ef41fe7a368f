"""What brings LTX files to a site, from wherever the same names are served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from replication.errors import ReplicationError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from replication.manifest import LtxName


class NotThereError(ReplicationError):
    """The primary no longer has this file (compacted): list its store again."""


class WrongBytesError(ReplicationError):
    """What arrived is not what the manifest describes: list the store again, fetch again."""


class SourceDownError(ReplicationError):
    """The store cannot be read now. It is tried again by itself; the primary is asked meanwhile."""


class KeyFileError(ReplicationError):
    """The file with the key of the store cannot be used."""


class Fetch(Protocol):
    """Brings a file from the primary, or from wherever the same names are served."""

    def __call__(
        self, name: LtxName, lineage: str, offset_bytes: int = 0
    ) -> AsyncGenerator[bytes, None]:
        """The bytes of the file from `offset_bytes` on, in pieces; bounded in time by the fetcher.

        Errors: `NotThereError`; `WrongBytesError` where the file has no such offset; and the
        fetcher's own.
        """
        ...


class Source(Protocol):
    """A store into which litestream writes, beside or instead of the primary's folder."""

    @property
    def fetch(self) -> Fetch:
        """Brings its files."""
        ...

    async def prepare(self, lineage: str) -> None:
        """Have what litestream needs there before it writes. Errors: `SourceDownError`."""
        ...

    async def close(self) -> None:
        """Hang up."""
        ...

    async def problem(self, lineage: str | None) -> str:
        """Why the files of the lineage cannot be read, or the store at all; '' where they can."""
        ...

    async def names(self, lineage: str) -> dict[LtxName, int]:
        """Every file of the lineage with its size. Errors: `SourceDownError`."""
        ...
