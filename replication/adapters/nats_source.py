"""LTX files straight from NATS, as litestream writes them there: objects of a JetStream bucket.

An object is a row of messages on a subject of its own, and one message that describes it. They are
asked for in batches (`DIRECT.GET`, NATS 2.11 or newer), not by a consumer: a site then needs no
right but to read, the server keeps nothing for it, and it takes no more than it asked for, which is
what the bandwidth ceiling wants. litestream's writes make messages of any size down to a few bytes,
so one at a time would cost a round trip for every page.

A transfer that was cut goes on at the message where it stopped, also after a restart where there is
a file to remember it in (`nats_cursors`).
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import nats
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError

from replication.adapters.ceiling import Ceiling
from replication.adapters.ltx_fetch import NotThereError, SourceDownError, WrongBytesError
from replication.adapters.nats_cursors import Cursor, Cursors
from replication.manifest import BadNameError, LtxName

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator
    from pathlib import Path

    from nats.aio.client import Client
    from nats.aio.msg import Msg

    from replication.adapters.nats_place import NatsPlace

REQUEST_MS: Final = 10_000
"""For a connection, a description or a batch."""
BATCH_MESSAGES: Final = 1_000
BATCH_BYTES: Final = 256 * 1024
END_OF_BATCH: Final = "204"
NO_MESSAGE: Final = "404"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Object:
    """What the description says."""

    bucket: str
    number: str
    size_bytes: int


class NatsSource:
    """The files of one place. One task at a time may use it.

    `memory`: the file in which it remembers where a transfer was.
    """

    def __init__(
        self,
        place: NatsPlace,
        *,
        ceiling: Ceiling | None = None,
        request_ms: int = REQUEST_MS,
        memory: Path | None = None,
    ) -> None:
        self._place = place
        self._trust = place.trust()
        self._ceiling = ceiling or Ceiling(None)
        self._request_s = request_ms / 1000
        self._client: Client | None = None
        self._cursors = Cursors(memory)

    async def fetch(
        self, name: LtxName, lineage: str, offset_bytes: int = 0
    ) -> AsyncGenerator[bytes, None]:
        """The bytes of the file from there on (an `ltx_fetch.Fetch`).

        Errors: `NotThereError`, `WrongBytesError`, `SourceDownError`.
        """
        found = await self._describe(name, self._place.bucket_of(lineage))
        if offset_bytes > found.size_bytes:
            raise WrongBytesError("The store's file ends before the part that was asked.")
        cursor = self._cursors.before(found.number, offset_bytes)
        while cursor.offset_bytes < found.size_bytes:
            sequence, data = await self._batch(found, cursor.sequence)
            await self._ceiling.spend(len(data))
            to_skip = max(0, offset_bytes - cursor.offset_bytes)
            reached = cursor.offset_bytes + len(data)
            cursor = Cursor(number=found.number, sequence=sequence, offset_bytes=reached)
            if to_skip < len(data):
                yield data[to_skip:]
            await asyncio.to_thread(self._cursors.passed, cursor)

    async def names(self, lineage: str) -> dict[LtxName, int]:
        """Every file of the lineage with its size. Errors: `SourceDownError`."""
        found: dict[LtxName, int] = {}
        async with self._asked() as client:
            store = await client.jetstream().object_store(self._place.bucket_of(lineage))
            try:
                objects = await store.list(ignore_deletes=True)
            except NotFoundError:  # there is none yet
                return found
        for each in objects:
            with suppress(BadNameError):
                found[LtxName.parse(each.name)] = each.size or 0
        return found

    async def prepare(self, lineage: str) -> None:
        """Make the bucket, if it is not there: litestream does not. Errors: `SourceDownError`."""
        bucket = self._place.bucket_of(lineage)
        async with self._asked() as client:
            context = client.jetstream()
            try:
                await context.object_store(bucket)
            except NotFoundError:
                await context.create_object_store(bucket)

    async def problem(self, lineage: str | None) -> str:
        """Why the files of the lineage cannot be read, or the store at all; '' where they can."""
        first = LtxName(level=0, min_txid=1, max_txid=1)
        try:
            async with self._asked():
                pass
            if lineage is not None:
                await self._describe(first, self._place.bucket_of(lineage))
        except NotThereError:
            return ""
        except SourceDownError as error:
            return str(error)
        return ""

    async def close(self) -> None:
        """Hang up."""
        await self._hang_up()

    async def _describe(self, name: LtxName, bucket: str) -> _Object:
        """What lies under that name. Errors: `NotThereError`, `SourceDownError`."""
        subject = base64.urlsafe_b64encode(str(name).encode()).decode()
        asked = {"last_by_subj": f"$O.{bucket}.M.{subject}"}
        async with self._asked() as client:
            payload = json.dumps(asked).encode()
            answer = await client.request(_direct_get(bucket), payload, timeout=self._request_s)
        if _status(answer) == NO_MESSAGE:
            raise NotThereError("The store has no such file.")
        if _status(answer):
            raise SourceDownError(f"NATS refused: {_words(answer)}")
        try:
            value = json.loads(answer.data)
            is_gone, size = value.get("deleted", False), value.get("size", 0)
            found = _Object(bucket=bucket, number=str(value["nuid"]), size_bytes=int(size))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SourceDownError(f"NATS describes {name} in words of its own.") from error
        if is_gone:
            raise NotThereError("The store has no such file any more.")
        return found

    async def _batch(self, wanted: _Object, sequence: int) -> tuple[int, bytes]:
        """The sequence after a batch that begins at `sequence`, and its bytes."""
        asked = {
            "seq": sequence,
            "next_by_subj": f"$O.{wanted.bucket}.C.{wanted.number}",
            "batch": BATCH_MESSAGES,
            "max_bytes": BATCH_BYTES,
        }
        data = bytearray()
        async with self._asked() as client:
            inbox = client.new_inbox()
            answers = await client.subscribe(inbox)
            try:
                await client.publish(_direct_get(wanted.bucket), json.dumps(asked).encode(), inbox)
                while not _status(message := await answers.next_msg(self._request_s)):
                    data += message.data
                    sequence = int((message.headers or {})["Nats-Sequence"]) + 1
            finally:
                with suppress(NatsError):
                    await answers.unsubscribe()
        if _status(message) == NO_MESSAGE or not data:
            raise NotThereError("The store has deleted the file meanwhile.")
        if _status(message) != END_OF_BATCH:
            raise SourceDownError(f"NATS refused: {_words(message)}")
        return sequence, bytes(data)

    @asynccontextmanager
    async def _asked(self) -> AsyncIterator[Client]:
        """A connection for one question, which must be answered in time.

        One that failed is hung up; the next question opens another.
        """
        try:
            async with asyncio.timeout(self._request_s):
                if self._client is None:
                    self._client = await self._connect()
                yield self._client
        except _NOT_ANSWERED as error:
            await self._hang_up()
            words = str(error) or type(error).__name__
            where = self._place.address
            raise SourceDownError(f"NATS at {where} does not answer: {words}") from error

    async def _connect(self) -> Client:
        client = await nats.connect(
            f"tls://{self._place.address}",
            tls=self._trust,
            name="holdfast",
            allow_reconnect=False,
            connect_timeout=max(1, round(self._request_s)),
            error_cb=_said_elsewhere,
            max_reconnect_attempts=1,
        )
        if not _is_tls(client):
            await client.close()
            raise SourceDownError(f"NATS at {self._place.address} does not speak TLS.")
        return client

    async def _hang_up(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(*_NOT_ANSWERED):
                async with asyncio.timeout(self._request_s):
                    await client.close()


_NOT_ANSWERED: Final = (NatsError, OSError, TimeoutError, ssl.SSLError)


async def _said_elsewhere(_error: Exception) -> None:
    """Each question says by itself what came of it."""


def _is_tls(client: Client) -> bool:
    """Whether it is: nats-py goes on in clear where the other end says so, whatever it was told."""
    writer = getattr(client._transport, "_io_writer", None)  # noqa: SLF001 - it has no other word
    return writer is not None and writer.get_extra_info("ssl_object") is not None


def _direct_get(bucket: str) -> str:
    return f"$JS.API.DIRECT.GET.OBJ_{bucket}"


def _status(message: Msg) -> str:
    """'' where the message is one of the stream."""
    return str((message.headers or {}).get("Status", ""))


def _words(message: Msg) -> str:
    return f"{_status(message)} {(message.headers or {}).get('Description', '')}"
