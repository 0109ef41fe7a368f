"""LTX files straight from an S3-compatible store, as litestream writes them there.

The names are litestream's: `<prefix>/<lineage>/<level, four hex digits>/<min>-<max>.ltx`.

The client is obstore (the `object_store` crate of Apache Arrow): asynchronous, one wheel without
dependencies, ranges and streams as they are needed here. Rejected: boto3 (blocks, twelve packages)
and aiobotocore (pins exact versions of the former); signing requests ourselves.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from replication.adapters.ceiling import Ceiling
from replication.adapters.ltx_fetch import NotThereError, SourceDownError, WrongBytesError
from replication.manifest import LEVEL_SNAPSHOT, BadNameError, LtxName

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from replication.adapters.s3_place import S3Key, S3Place

REQUEST_MS: Final = 10_000
"""For the answer to begin, and between two pieces of it."""
PIECE_BYTES: Final = 64 * 1024
NO_LIMIT: Final = timedelta(days=7)
"""Of a whole request: the bounds are ours, for a long download that goes well."""
RANGE_REFUSED: Final = "416 "
WORDS_MAX: Final = 300
NO_LINEAGE: Final = "none"
"""A folder that no lineage has: it can be listed, and is empty."""


class S3Source:
    """The files of one place."""

    def __init__(
        self,
        place: S3Place,
        key: S3Key,
        *,
        ceiling: Ceiling | None = None,
        request_ms: int = REQUEST_MS,
    ) -> None:
        self._place = place
        self._ceiling = ceiling or Ceiling(None)
        self._request_s = request_ms / 1000
        self._store = S3Store(
            place.bucket,
            endpoint=place.endpoint,
            region=place.region,
            access_key_id=key.access_key_id,
            secret_access_key=key.secret_access_key,
            virtual_hosted_style_request=place.endpoint is None,
            client_options={
                "allow_http": place.endpoint is not None and place.endpoint.startswith("http://"),
                "connect_timeout": timedelta(milliseconds=request_ms),
                "timeout": NO_LIMIT,
            },
            retry_config={"max_retries": 0},
        )

    async def fetch(
        self, name: LtxName, lineage: str, offset_bytes: int = 0
    ) -> AsyncGenerator[bytes, None]:
        """The bytes of the file from there on (an `ltx_fetch.Fetch`).

        Errors: `NotThereError`, `WrongBytesError`, `SourceDownError`.
        """
        options: Any = {"range": {"offset": offset_bytes}} if offset_bytes else {}
        with _translated():
            async with asyncio.timeout(self._request_s):
                answer = await obstore.get_async(
                    self._store, _path(self._place, name, lineage), options=options
                )
            pieces = aiter(answer.stream(min_chunk_size=PIECE_BYTES))
        while piece := await self._next(pieces):
            await self._ceiling.spend(len(piece))
            yield piece

    async def names(self, lineage: str) -> dict[LtxName, int]:
        """Every file of the lineage with its size. Errors: `SourceDownError`."""
        found: dict[LtxName, int] = {}
        prefix = self._place.path(lineage)
        pages = aiter(obstore.list(self._store, f"{prefix}/", chunk_size=1_000))
        while True:
            with _translated():
                async with asyncio.timeout(self._request_s):
                    page = await anext(pages, None)
            if page is None:
                return found
            for each in page:
                name = _name(each["path"].removeprefix(f"{prefix}/"))
                if name is not None:
                    found[name] = each["size"]

    async def close(self) -> None:
        """Nothing: connections close by themselves."""

    async def prepare(self, lineage: str) -> None:
        """Nothing: the bucket is made by who gave out the keys."""

    async def problem(self, lineage: str | None) -> str:
        """Why the files of the lineage cannot be read, or the store at all; '' where they can."""
        try:
            await self.names(lineage or NO_LINEAGE)
        except SourceDownError as error:
            return str(error)
        return ""

    async def _next(self, pieces: Any) -> bytes:  # noqa: ANN401 - the stub names it only for types
        with _translated():
            async with asyncio.timeout(self._request_s):
                return bytes(await anext(pieces, b""))


def _path(place: S3Place, name: LtxName, lineage: str) -> str:
    return f"{place.path(lineage)}/{name.level:04x}/{name.min_txid:016x}-{name.max_txid:016x}.ltx"


def _name(path: str) -> LtxName | None:
    """The file that litestream calls so; None where it is none of its files."""
    level, _, rest = path.partition("/")
    try:
        if len(level) != len("0000") or int(level, 16) > LEVEL_SNAPSHOT:
            return None
        return LtxName.parse(f"ltx/{int(level, 16)}/{rest}")
    except (BadNameError, ValueError):
        return None


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotThereError("The store has no such file.") from error
    except TimeoutError as error:
        raise SourceDownError("The store did not answer in time.") from error
    except (BaseError, OSError) as error:
        words = str(error).partition("\n")[0][:WORDS_MAX]
        if RANGE_REFUSED in words:
            raise WrongBytesError(
                "The store's file ends before the part that was asked."
            ) from error
        raise SourceDownError(f"The store cannot be read: {words}") from error
