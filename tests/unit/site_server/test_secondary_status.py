"""What a secondary says of itself."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp.test_utils import TestClient, TestServer

from failure_modes.offline_log import LogLimits
from site_server.http.app import make_device_app
from site_server.secondary_status import SecondaryStatus
from tests.unit.site_server.a_secondary import a_secondary
from tests.unit.site_server.http.calls import ADMIN_KEY, GIGABYTE, FarSideDouble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from typing import Any

    from tests.unit.site_server.a_secondary import ASecondary


@asynccontextmanager
async def api_of(node: ASecondary) -> AsyncIterator[TestClient[Any, Any]]:
    status = SecondaryStatus(
        node.services,
        FarSideDouble(position=0),
        lambda: GIGABYTE,
        asks=node.asks,
        asking=node.asking,
    )
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    app = make_device_app(node.services, status, ADMIN_KEY)
    async with TestClient(TestServer(app), headers=headers) as client:
        yield client


async def read(client: TestClient[Any, Any], path: str) -> tuple[int, dict[str, Any]]:
    async with client.get(path) as response:
        return response.status, await response.json()


async def test_the_status_says_who_decides_and_how_full_the_log_is(tmp_path: Path) -> None:
    async with a_secondary(tmp_path, log_limits=LogLimits(records_max=10)) as node:
        node.cut()
        await node.print_pdf("ada")
        async with api_of(node) as client:
            status, said = await read(client, "/admin/v1/status")
    assert (status, said["role"], said["decides"]) == (200, "secondary", "provider_mode")
    assert (said["offline_log_records"], said["offline_log_percent"]) == (1, 10)
    assert said["offline_log_alarm"] == "quiet"


async def test_health_fails_when_the_log_is_full_and_not_for_want_of_a_replica(
    tmp_path: Path,
) -> None:
    one = LogLimits(records_max=1)
    async with a_secondary(tmp_path, log_limits=one) as node, api_of(node) as client:
        assert (await read(client, "/health"))[0] == 200
        node.cut()
        await node.print_pdf("ada")
        status, said = await read(client, "/health")
    assert status == 503
    assert said["offline_log"] == {"ok": False, "detail": "full: 1 records, 100 % full"}
    assert "replica" not in said


async def test_health_fails_as_long_as_a_node_was_never_told_its_queues(tmp_path: Path) -> None:
    async with a_secondary(tmp_path, silent=True) as node, api_of(node) as client:
        status, said = await read(client, "/health")
    assert (status, said["told"]["ok"]) == (503, False)
