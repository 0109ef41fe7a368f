"""One HTTPS client of a JSON API that measures every answer; no answer is an answer too."""

from __future__ import annotations

import asyncio
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import aiohttp

from chaos.errors import UnexpectedAnswerError
from chaos.history import Outcome
from chaos.live.place import HERE
from replication.adapters.system_clock import SystemClock

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from chaos.live.place import Place
    from replication.ports import MonotonicMs, WallMs

CALL_TIMEOUT_MS: Final = 10_000
"""Longer than any answer may take: a call that ends here got no answer."""
OK_STATUSES: Final = range(200, 300)
REFUSAL_STATUSES: Final = range(400, 500)
_CLOCK: Final = SystemClock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. Status 0 is no answer, and `failure` then says how the call ended."""

    status: int
    body: Any
    wall_ms: WallMs
    monotonic_ms: MonotonicMs
    latency_us: int
    failure: str = ""

    @property
    def outcome(self) -> Outcome:
        """Done, refused, or nobody knows: a server that failed says nothing about the effect.

        A problem document with a reason is a refusal whatever its status: a full disk is a 507.
        """
        if self.status in OK_STATUSES:
            return Outcome.OK
        refused = self.status in REFUSAL_STATUSES or self.field("reason") is not None
        return Outcome.REFUSED if refused else Outcome.UNKNOWN

    @property
    def reason(self) -> str:
        """The stable code of a refusal, else how the call failed; empty where all is well."""
        if self.outcome is Outcome.OK:
            return ""
        return self.failure or str(self.field("reason") or f"HTTP {self.status}")

    @property
    def sentence(self) -> str:
        """The readable sentence of a refusal."""
        return str(self.field("detail") or self.reason)

    def field(self, name: str) -> Any:  # noqa: ANN401 - JSON
        """A field of the body; None where there is none."""
        return self.body.get(name) if isinstance(self.body, dict) else None

    def expect(self, what: str) -> Any:  # noqa: ANN401 - JSON
        """The body of a good answer; `UnexpectedAnswerError` names `what` otherwise."""
        if self.outcome is not Outcome.OK:
            raise UnexpectedAnswerError(f"{what}: {self.reason}: {self.sentence}")
        return self.body


class JsonClient:
    """Calls to one server, verified against a CA, with one bearer token, over kept connections."""

    def __init__(self, base_url: str, ca_path: Path, bearer: str, place: Place = HERE) -> None:
        self._session = aiohttp.ClientSession(
            base_url,
            connector=aiohttp.TCPConnector(
                ssl=ssl.create_default_context(cafile=str(ca_path)),
                limit=64,
                socket_factory=place.make_socket,
            ),
            headers={"Authorization": f"Bearer {bearer}"} if bearer else {},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def call(self, method: str, path: str, body: object | None = None) -> Answer:
        """The answer to one call; an outage is an answer of status 0."""
        wall_ms, monotonic_ms = _CLOCK.wall_ms(), _CLOCK.monotonic_ms()
        began_ns = time.perf_counter_ns()
        status, said, failure = 0, None, ""
        try:
            async with (
                asyncio.timeout(CALL_TIMEOUT_MS / 1000),
                self._session.request(method, path, json=body) as response,
            ):
                said = await _json(response)
                status = response.status
        except TimeoutError:
            failure = f"no answer within {CALL_TIMEOUT_MS} ms"
        except (aiohttp.ClientError, OSError) as error:
            failure = f"{type(error).__name__}: {error}"
        return Answer(
            status=status,
            body=said,
            wall_ms=wall_ms,
            monotonic_ms=monotonic_ms,
            latency_us=(time.perf_counter_ns() - began_ns) // 1000,
            failure=failure,
        )


async def _json(response: aiohttp.ClientResponse) -> Any:  # noqa: ANN401 - JSON
    # A refusal is application/problem+json and an empty body is no JSON at all.
    if response.content_type.endswith("json"):
        return await response.json(content_type=None)
    return await response.text() or None
