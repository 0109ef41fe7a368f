import pytest

from primary.http.problems import CONTENT_TYPE
from primary.store.directory import Directory
from tests.unit.primary.http.conftest import Api
from tests.unit.primary.money import balances_of

RESEARCH = {
    "account_name": "research",
    "title": "Research",
    "enabled": True,
    "restricted": True,
    "open_to": ["group:staff"],
    "balance_micros": 7_000_000,
}


async def test_accounts_come_page_by_page(api: Api) -> None:
    first = await (await api.get("/api/v1/accounts", params={"limit": 1})).json()
    second = await (await api.get("/api/v1/accounts", params={"after": first["next"]})).json()

    assert [one["account_name"] for one in first["items"]] == ["Offline Account"]
    assert second == {"items": [RESEARCH], "next": None}


async def test_one_account_is_shown(api: Api) -> None:
    assert await (await api.get("/api/v1/accounts/research")).json() == RESEARCH


async def test_an_account_with_blanks_is_made_and_said_anew(api: Api) -> None:
    path = "/api/v1/accounts/The%20New%20Wing"

    made = await api.put(path, json={"title": "Wing", "open_to": ["*", "user:ada"]})
    again = await api.put(path, json={"title": "New wing", "enabled": False})

    assert (made.status, again.status) == (201, 200)
    assert (await made.json())["open_to"] == ["*", "user:ada"]
    assert await again.json() == {
        "account_name": "The New Wing",
        "title": "New wing",
        "enabled": False,
        "restricted": True,
        "open_to": [],
        "balance_micros": 0,
    }


async def test_a_member_that_does_not_exist_is_a_problem_with_advice(api: Api) -> None:
    body = {"title": "X", "open_to": ["user:bob", "group:staff"]}

    response = await api.put("/api/v1/accounts/research", json=body)

    assert response.status == 409
    assert response.content_type == CONTENT_TYPE
    assert (await response.json())["detail"] == (
        "open_to: there is no user:bob. Nothing was changed; add them or leave them out."
    )
    assert await (await api.get("/api/v1/accounts/research")).json() == RESEARCH


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("research", {}, 422),
        ("research", {"title": "X", "open_to": ["ada"]}, 422),
        ("research", {"title": "X", "balance_micros": 5}, 422),
        ("%20research", {"title": "X"}, 400),
    ],
)
async def test_what_cannot_be_an_account_is_refused(
    api: Api, path: str, body: dict[str, object], status: int
) -> None:
    assert (await api.put(f"/api/v1/accounts/{path}", json=body)).status == status
    assert await (await api.get("/api/v1/accounts/research")).json() == RESEARCH


async def test_money_is_added_once_and_shown(api: Api, directory: Directory) -> None:
    body = {"amount_micros": 500_000, "comment": "gift", "request_id": "r1"}
    path = "/api/v1/accounts/Offline%20Account"

    first = await api.post(f"{path}/adjustments", json=body)
    again = await api.post(f"{path}/adjustments", json=body)

    assert (first.status, again.status) == (201, 200)
    assert (await first.json())["account_name"] == "Offline Account"
    assert await (await api.get(f"{path}/balance")).json() == {
        "account_name": "Offline Account",
        "balance_micros": 500_000,
        "currency": "EUR",
        "unassigned_micros": 500_000,
        "over_granted_micros": 0,
        "grants": [],
    }
    assert balances_of(directory)["account:Offline Account"] == 500_000


@pytest.mark.parametrize("way", ["", "/balance"])
async def test_an_unknown_account_is_a_problem_that_says_so(api: Api, way: str) -> None:
    response = await api.get(f"/api/v1/accounts/nothing{way}")

    assert response.status == 404
    assert (await response.json())["detail"] == "The directory knows no account 'nothing'."


async def test_an_unknown_account_cannot_be_given_money(api: Api) -> None:
    body = {"amount_micros": 1, "comment": "", "request_id": "r"}

    assert (await api.post("/api/v1/accounts/nothing/adjustments", json=body)).status == 404
