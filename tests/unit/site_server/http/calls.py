"""A panel and an administrator that call a site's API over real HTTP."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp.test_utils import TestClient, TestServer

from failure_modes.vocabulary import LinkState, MonotonicMs
from site_server.http.app import make_device_app
from site_server.service.keep_certificate import CertificateStanding
from site_server.service.site_status import ReplicaStanding, SiteStatus
from tests.unit.site_server.a_site import DEVICE_TOKEN, a_site

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.unit.site_server.a_site import ASite

ADMIN_KEY = "the-admin-key"
METRICS_KEY = "the-metrics-key"
GIGABYTE = 1024**3


@dataclass(slots=True)
class FarSideDouble:
    """What the test says of headquarters."""

    state: LinkState = LinkState.ONLINE
    since_ms: MonotonicMs = MonotonicMs(0)  # noqa: RUF009 - a number
    refusal: str = ""
    asked_to_wait: str = ""
    position: int = 7
    head_txid: int = 9
    acked_seq: int = 0
    standing_of_replica: ReplicaStanding = field(default_factory=ReplicaStanding)
    resyncs: int = 0
    journal_trouble: str = ""
    certificate: CertificateStanding = field(
        default_factory=lambda: CertificateStanding(until_wall_ms=86_400_000, days_left=20)
    )
    clock_offset_ms: int | None = None
    free_bytes: int = GIGABYTE

    def resync(self) -> None:
        self.resyncs += 1


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls to a running API."""

    site: ASite
    far_side: FarSideDouble
    client: TestClient[Any, Any]

    async def panel(
        self, method: str, path: str, body: object = None, *, token: str = DEVICE_TOKEN
    ) -> tuple[int, Any]:
        return await self.call(method, f"/device/v1{path}", body, token)

    async def admin(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        return await self.call(method, f"/admin/v1{path}", body, ADMIN_KEY)

    async def call(
        self, method: str, path: str, body: object = None, token: str = ""
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.client.request(method, path, json=body, headers=headers) as response:
            text = await response.text()
            return response.status, await response.json(content_type=None) if text else None

    async def session(self, user_name: str) -> str:
        status, body = await self.panel(
            "POST", "/sessions", {"card_number": f"card-of-{user_name}"}
        )
        assert status == 201, body
        return f"/sessions/{body['session_id']}"


@asynccontextmanager
async def calls(folder: Path, **options: Any) -> AsyncIterator[Calls]:  # noqa: ANN401
    """A site with its API."""
    async with a_site(folder, **options) as site:
        far_side = FarSideDouble()
        status = SiteStatus(
            site.services.ground,
            far_side,
            site.services.dispatcher,
            site.services.log_in,
            lambda: far_side.free_bytes,
        )
        app = make_device_app(site.services, status, ADMIN_KEY, METRICS_KEY)
        async with TestClient(TestServer(app)) as client:
            yield Calls(site, far_side, client)
