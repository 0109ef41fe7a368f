"""A `Wan` made of toxiproxy: a real proxy process that swallows every byte while the WAN is cut.

The toxic is `timeout` with 0 ms in both directions: the bytes are dropped, the connection stays
open, and is closed when the toxic goes. Toxicity is 1.0: a smaller one is drawn from toxiproxy's
unseeded generator.

toxiproxy-python is synchronous and keeps the server's address in a class, so every call runs in a
thread and sets the address first, under one lock.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import requests
from toxiproxy import Proxy, Toxiproxy
from toxiproxy.exceptions import InvalidToxic, NotFound, ProxyExists

from chaos.errors import MissingToolError, WanError
from chaos.live.processes import Child, Children, Command, free_port
from chaos.live.waiting import until
from chaos.live.wan import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

PROGRAM: Final = "toxiproxy-server"
CALL_TIMEOUT_MS: Final = 5_000
START_TIMEOUT_MS: Final = 10_000
UNRELEASED: Final = "git"
"""What a server says that was built from source, where no release number is linked in."""
DIRECTIONS: Final = ("upstream", "downstream")
_ADDRESS_LOCK: Final = threading.Lock()


def find_program(tools_folder: Path) -> Path | None:
    """Where toxiproxy-server is: in the project's tools, else on the PATH."""
    ours = tools_folder / "bin" / PROGRAM
    if os.access(ours, os.X_OK):
        return ours
    found = shutil.which(PROGRAM)
    return Path(found) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Toxic:
    """What toxiproxy does to one direction: `upstream` is from the site to headquarters."""

    kind: str
    stream: str
    attributes: Mapping[str, int]

    def add_to(self, proxy: Proxy) -> None:
        """Let it act on this proxy, on every connection."""
        proxy.add_toxic(
            type=self.kind, stream=self.stream, toxicity=1.0, attributes=dict(self.attributes)
        )


class ToxiproxyWan:
    """One proxied port. Open it with `ToxiproxyMaker`."""

    def __init__(self, server: ToxiproxyMaker, proxy: Any) -> None:  # noqa: ANN401 - untyped
        self._server = server
        self._proxy = proxy
        self._cut = False

    @property
    def listen_port(self) -> int:
        """The port that the site dials."""
        return int(str(self._proxy.listen).rpartition(":")[2])

    async def cut(self) -> None:
        """Swallow every byte of both directions from now on."""
        if self._cut:
            return
        for stream in DIRECTIONS:
            await self.poison(Toxic(kind="timeout", stream=stream, attributes={"timeout": 0}))
        self._cut = True

    async def heal(self) -> None:
        """Take the toxics away; toxiproxy then closes what lived through the cut."""
        if not self._cut:
            return
        for stream in DIRECTIONS:
            await self._server.call(partial(self._proxy.destroy_toxic, f"timeout_{stream}"))
        self._cut = False

    async def delay(self, one_way_ms: int) -> None:
        """Let every byte take so long, in either direction, from now on."""
        for stream in DIRECTIONS:
            attributes = {"latency": one_way_ms, "jitter": 0}
            toxic = Toxic(kind="latency", stream=stream, attributes=attributes)
            await self.poison(toxic)

    async def poison(self, toxic: Toxic) -> None:
        """Add a toxic, which stays until `cure`."""
        await self._server.call(partial(toxic.add_to, self._proxy))

    async def cure(self) -> None:
        """Take all toxics away, and listen again; harmless where all is well."""
        await self._server.call(partial(_cure, self._proxy))
        self._cut = False

    async def unplug(self) -> None:
        """Close every connection and refuse new ones, as a router does that is switched off."""
        await self._server.call(self._proxy.disable)


class ToxiproxyMaker:
    """One toxiproxy server process and its proxies. Make it with `start`."""

    def __init__(self, child: Child, port: int) -> None:
        self._child = child
        self._port = port
        self.kind = "toxiproxy"

    @classmethod
    async def start(cls, children: Children, program: Path, folder: Path) -> ToxiproxyMaker:
        """A server of its own on a free port; it ends with `children`."""
        _bypass_any_http_proxy()
        port = free_port()
        child = await children.start(
            Command(
                name="toxiproxy",
                argv=(str(program), "-host", LOOPBACK, "-port", str(port)),
                log_path=folder / "toxiproxy.log",
                environ={"LOG_LEVEL": "info"},
            )
        )
        maker = cls(child, port)
        version = await until(maker.version, "toxiproxy's API", within_ms=START_TIMEOUT_MS)
        maker.kind = f"toxiproxy {version}" if version != UNRELEASED else "toxiproxy"
        return maker

    async def version(self) -> str | None:
        """The server's version, or None while it does not answer."""
        self._child.check_alive()
        said = await self.call(lambda: Toxiproxy().version())
        if said is None:
            return None
        text = said.decode() if isinstance(said, bytes) else str(said)
        return text.partition('version": "')[2].partition('"')[0] or text.strip()

    async def open(self, name: str, upstream_port: int) -> ToxiproxyWan:
        """A new healthy proxy to `upstream_port`."""
        proxy = await self.call(
            lambda: Toxiproxy().create(upstream=f"{LOOPBACK}:{upstream_port}", name=name)
        )
        return ToxiproxyWan(self, proxy)

    async def close(self) -> None:
        """End the server, and all proxies with it."""
        await self._child.stop()

    async def call(self, work: Callable[[], T]) -> T:
        """Run one call of toxiproxy-python against this server, in a thread."""

        def addressed() -> T:
            with _ADDRESS_LOCK:
                Toxiproxy().update_api_consumer(LOOPBACK, self._port)
                return work()

        try:
            async with asyncio.timeout(CALL_TIMEOUT_MS / 1000):
                return await asyncio.to_thread(addressed)
        except (
            TimeoutError,
            requests.RequestException,
            NotFound,
            InvalidToxic,
            ProxyExists,
        ) as error:
            raise WanError(f"toxiproxy did not obey: {error}") from error


def _bypass_any_http_proxy() -> None:
    # toxiproxy-python asks through requests, which would send even loopback calls to HTTP_PROXY.
    for name in ("no_proxy", "NO_PROXY"):
        hosts = os.environ.get(name, "")
        if LOOPBACK not in hosts.split(","):
            os.environ[name] = f"{hosts},{LOOPBACK}".lstrip(",")


def _cure(proxy: Proxy) -> None:
    # The newest first: what waits before a narrow place can only leave once that is wide again.
    for name in reversed(proxy.toxics()):
        proxy.destroy_toxic(name)
    proxy.enable()


def require_program(tools_folder: Path) -> Path:
    """Where toxiproxy-server is; `MissingToolError` says how to get it."""
    program = find_program(tools_folder)
    if program is None:
        raise MissingToolError("toxiproxy-server is missing. Install it: make tools.")
    return program
