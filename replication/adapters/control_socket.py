"""litestream's control socket: HTTP/1.1 over a Unix socket that is kept open, a question at a time.

Theory of operation
-------------------
Every commit of the directory waits for one question here before any site hears of it. A client
library that can do all of HTTP takes 0.5 ms for it, and litestream itself 2.5 (measured); this one
takes a write and two reads. It understands the answers that Go's server gives to small bodies: a
status line, headers with a length, the body. Whatever else comes is an error, and after any error,
or where the asking was given up, the connection is closed: the next question opens another.

Rejected: a connection for each question, which costs as much as half a sync.
"""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from replication.errors import ReplicationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HEADERS_END: Final = b"\r\n\r\n"
BODY_BYTES_MAX: Final = 1024 * 1024
LENGTH: Final = "content-length"


class ControlSocketError(ReplicationError):
    """The control socket gave no answer that can be used. Ask again."""


class ControlSocket:
    """Asks whoever listens at `path`. One task at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def post(
        self, target: str, body: Mapping[str, object]
    ) -> tuple[HTTPStatus, dict[str, Any]]:
        """Status and JSON body of the answer. The caller sets the time. Errors: as named above."""
        content = json.dumps(body).encode()
        head = (
            f"POST {target} HTTP/1.1\r\nHost: litestream\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        try:
            return await self._asked(head.encode("ascii") + content)
        except (OSError, EOFError, ValueError, TypeError, asyncio.LimitOverrunError) as error:
            self.close()
            raise ControlSocketError(f"{ControlSocketError.__doc__} ({error})") from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection; the next question opens another."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None

    async def _asked(self, request: bytes) -> tuple[HTTPStatus, dict[str, Any]]:
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_unix_connection(str(self._path))
        self._writer.write(request)
        await self._writer.drain()
        status, length_bytes = _read_head(await self._reader.readuntil(HEADERS_END))
        answer = json.loads(await self._reader.readexactly(length_bytes))
        return status, dict(answer)


def _read_head(head: bytes) -> tuple[HTTPStatus, int]:
    """The status, and the length of the body. Errors: `ValueError`."""
    first, *lines = head.decode("latin-1").strip().split("\r\n")
    version, _, rest = first.partition(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(":") for line in lines)}
    if version != "HTTP/1.1" or LENGTH not in headers:
        raise ValueError(f"it said {first!r}, and not how long its answer is")
    length_bytes = int(headers[LENGTH])
    if not 0 <= length_bytes <= BODY_BYTES_MAX:
        raise ValueError(f"an answer of {length_bytes} bytes")
    return HTTPStatus(int(rest[:3])), length_bytes
