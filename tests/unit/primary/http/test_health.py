from collections.abc import Callable

from aiohttp.test_utils import TestClient

from primary.ports import Check


async def test_every_part_is_told(api: TestClient) -> None:
    response = await api.get("/health")

    assert await response.json() == {"ok": True, "litestream": {"ok": True, "detail": "TXID 1"}}


async def test_one_part_that_is_ill_makes_the_whole_ill(
    api: TestClient, checks: dict[str, Callable[[], Check]]
) -> None:
    checks["directory"] = lambda: Check(is_ok=False, detail="the disk is full")

    response = await api.get("/health")

    assert response.status == 503
    body = await response.json()
    assert body["ok"] is False
    assert body["directory"] == {"ok": False, "detail": "the disk is full"}
