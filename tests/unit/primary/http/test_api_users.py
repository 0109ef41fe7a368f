import pytest

from primary.http.problems import CONTENT_TYPE
from primary.store import people
from primary.store.directory import Directory
from replication.card_hash import card_hash
from tests.unit.primary.http.conftest import CARD_KEY, Api
from tests.unit.primary.money import balances_of

ADA = {
    "user_name": "ada",
    "full_name": "Ada Lovelace",
    "enabled": True,
    "restricted": True,
    "groups": ["staff"],
    "cards": 1,
    "has_pin": False,
    "has_password": False,
    "balance_micros": 10_000_000,
}


async def test_users_come_page_by_page(api: Api) -> None:
    first = await (await api.get("/api/v1/users", params={"limit": 2})).json()
    second = await (await api.get("/api/v1/users", params={"after": first["next"]})).json()

    assert first["items"][0] == ADA
    assert first["next"] == "alan"
    assert [user["user_name"] for user in second["items"]] == ["grace"]
    assert second["next"] is None


@pytest.mark.parametrize("limit", ["many", "-1", "1001", "1e3", ""])
async def test_a_limit_that_is_none_is_refused(api: Api, limit: str) -> None:
    response = await api.get("/api/v1/users", params={"limit": limit})

    assert response.status == 400
    assert "from 0 to 1000" in (await response.json())["detail"]


async def test_one_user_is_shown(api: Api) -> None:
    response = await api.get("/api/v1/users/ada")

    assert await response.json() == ADA


async def test_an_unknown_user_is_a_problem_that_says_so(api: Api) -> None:
    response = await api.get("/api/v1/users/nobody")

    assert response.status == 404
    assert response.content_type == CONTENT_TYPE
    assert (await response.json())["type"] == "urn:holdfast:problem:not_found"


async def test_a_user_is_made_and_said_anew(api: Api) -> None:
    body = {"full_name": "Emmy", "groups": ["staff"]}

    made = await api.put("/api/v1/users/dom%5Cemmy", json=body)
    again = await api.put("/api/v1/users/dom%5Cemmy", json={"full_name": "Emmy N."})

    assert (made.status, again.status) == (201, 200)
    assert (await made.json())["user_name"] == "dom\\emmy"
    assert (await again.json())["groups"] == []


async def test_a_patch_leaves_alone_what_it_does_not_name(api: Api) -> None:
    response = await api.patch("/api/v1/users/ada", json={"restricted": False})

    assert await response.json() == {**ADA, "restricted": False}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"fullname": "X"}, "fullname: there is no such key"),
        ({"full_name": None}, "full_name: Input should be a valid string"),
        ({"enabled": "perhaps"}, "enabled: "),
        ({"balance_micros": 5}, "balance_micros: there is no such key"),
    ],
)
async def test_a_wrong_body_is_refused_and_nothing_changes(
    api: Api, body: dict[str, object], said: str
) -> None:
    response = await api.patch("/api/v1/users/ada", json=body)

    assert response.status == 422
    assert said in (await response.json())["problems"][0]
    assert await (await api.get("/api/v1/users/ada")).json() == ADA


async def test_every_problem_of_a_body_is_told_at_once(api: Api) -> None:
    response = await api.put("/api/v1/users/emmy", json={"enabled": 7, "x": 1})

    assert len((await response.json())["problems"]) == 3


async def test_a_body_that_is_no_json_is_refused(api: Api) -> None:
    response = await api.put("/api/v1/users/emmy", data=b"{")

    assert response.status == 422
    assert (await api.get("/api/v1/users/emmy")).status == 404


async def test_a_body_that_is_too_long_is_refused(api: Api) -> None:
    response = await api.put("/api/v1/users/emmy", data=b"x" * 70_000)

    assert response.status == 413
    assert response.content_type == CONTENT_TYPE


@pytest.mark.parametrize("user_name", ["%20ada", "a%0Ab", "a%2Fb", "x" * 300])
async def test_a_name_that_cannot_be_one_is_refused(api: Api, user_name: str) -> None:
    response = await api.put(f"/api/v1/users/{user_name}", json={"full_name": "X"})

    assert response.status in (400, 404)


async def test_an_adjustment_is_done_once(api: Api, directory: Directory) -> None:
    body = {"amount_micros": -250_000, "comment": "refund", "request_id": "r1"}

    first = await api.post("/api/v1/users/ada/adjustments", json=body)
    second = await api.post("/api/v1/users/ada/adjustments", json=body)

    assert (first.status, second.status) == (201, 200)
    assert (await first.json())["balance_micros"] == 9_750_000
    assert (await second.json())["repeated"] is True
    assert balances_of(directory)["user:ada"] == 9_750_000


async def test_an_adjustment_below_the_minimum_is_refused(api: Api, directory: Directory) -> None:
    body = {
        "amount_micros": -10_000_001,
        "comment": "",
        "request_id": "r1",
        "remaining_min_micros": 0,
    }

    response = await api.post("/api/v1/users/ada/adjustments", json=body)

    assert response.status == 409
    assert (await response.json())["balance_micros"] == 10_000_000
    assert balances_of(directory)["user:ada"] == 10_000_000


async def test_an_adjustment_without_a_name_of_its_own_is_refused(
    api: Api, directory: Directory
) -> None:
    body = {"amount_micros": 1, "comment": ""}

    response = await api.post("/api/v1/users/ada/adjustments", json=body)

    assert response.status == 422
    assert balances_of(directory)["user:ada"] == 10_000_000


async def test_an_unknown_user_gets_no_money(api: Api) -> None:
    body = {"amount_micros": 1, "comment": "", "request_id": "r1"}

    response = await api.post("/api/v1/users/nobody/adjustments", json=body)

    assert response.status == 404


async def test_the_balance_names_its_currency(api: Api) -> None:
    response = await api.get("/api/v1/users/ada/balance")

    assert await response.json() == {
        "user_name": "ada",
        "balance_micros": 10_000_000,
        "currency": "EUR",
        "unassigned_micros": 10_000_000,
        "over_granted_micros": 0,
        "grants": [],
    }


async def test_a_card_is_given_and_revoked_and_kept_as_a_hash(
    api: Api, directory: Directory
) -> None:
    given = await api.put("/api/v1/users/grace/cards", json={"card_number": " 0a1b "})
    with directory.read() as connection:
        hashes = connection.exec_driver_sql(
            "SELECT card_hash FROM cards WHERE user_name = 'grace'"
        ).scalars()
        kept = list(hashes)
    revoked = await api.delete("/api/v1/users/grace/cards", json={"card_number": "0A1B"})

    assert kept == [card_hash("0A1B", CARD_KEY)]
    assert (await given.json())["cards"] == 1
    assert (await revoked.json())["cards"] == 0


async def test_a_card_of_another_user_is_refused(api: Api, directory: Directory) -> None:
    await api.put("/api/v1/users/grace/cards", json={"card_number": "7"})

    response = await api.put("/api/v1/users/ada/cards", json={"card_number": "7"})

    assert response.status == 409
    with directory.read() as connection:
        assert people.user(connection, "ada").cards == 1


async def test_a_card_that_nobody_has_cannot_be_revoked(api: Api) -> None:
    response = await api.delete("/api/v1/users/ada/cards", json={"card_number": "404"})

    assert response.status == 404
