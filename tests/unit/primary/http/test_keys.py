import pytest

from primary.store.directory import Directory
from tests.unit.primary.http.conftest import KEY, Api
from tests.unit.primary.money import balances_of


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer wrong", f"Basic {KEY}", KEY, f"Bearer {KEY}x"]
)
async def test_a_wrong_key_is_refused_and_nothing_is_changed(
    api: Api, directory: Directory, header: str
) -> None:
    before = balances_of(directory)
    body = {"amount_micros": 1_000, "comment": "", "request_id": "r1"}

    response = await api.post(
        "/api/v1/users/ada/adjustments", json=body, headers={"Authorization": header}
    )

    assert response.status == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert KEY not in await response.text()
    assert balances_of(directory) == before


@pytest.mark.parametrize("path", ["/api/v1/users", "/api/v1/sites", "/nowhere", "/health/"])
async def test_nothing_is_read_without_a_key(api: Api, path: str) -> None:
    response = await api.get(path, headers={"Authorization": "Bearer "})

    assert response.status == 401


async def test_health_needs_no_key(api: Api) -> None:
    response = await api.get("/health", headers={"Authorization": ""})

    assert response.status == 200
