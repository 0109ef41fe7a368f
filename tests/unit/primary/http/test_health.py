from dataclasses import replace

from aiohttp.test_utils import TestClient, TestServer

from primary.http.app import make_app
from primary.http.exchange import Services
from primary.ports import Check
from tests.unit.primary.http.conftest import KEY, Api


async def test_every_part_is_told(api: Api) -> None:
    response = await api.get("/health")

    assert await response.json() == {"ok": True, "litestream": {"ok": True, "detail": "TXID 1"}}


async def test_one_part_that_is_ill_makes_the_whole_ill(
    services: Services,
) -> None:
    full = Check(is_ok=False, detail="the disk is full")
    ill = replace(services, checks={**services.checks, "directory": lambda: full})

    async with TestClient(TestServer(make_app(ill, KEY))) as client:
        response = await client.get("/health")
        body = await response.json()

    assert response.status == 503
    assert body["ok"] is False
    assert body["directory"] == {"ok": False, "detail": "the disk is full"}
