"""Quotas through the API."""

import pytest

from tests.unit.primary.http.conftest import Api

STAFF = "/api/v1/quotas/staff"
MONTHLY = {"amount_micros": 5_000_000, "period": "month", "balance_max_micros": 20_000_000}


async def test_a_quota_is_made_shown_changed_and_taken_away(api: Api) -> None:
    made = await api.put(STAFF, json=MONTHLY)

    assert (made.status, await made.json()) == (200, {"group_name": "staff", **MONTHLY})
    changed = {"amount_micros": 1, "period": "day"}
    assert (await api.put(STAFF, json=changed)).status == 200
    shown = await (await api.get(STAFF)).json()
    assert shown == {"group_name": "staff", **changed, "balance_max_micros": None}
    assert await (await api.get("/api/v1/quotas")).json() == {"items": [shown]}
    assert (await api.delete(STAFF)).status == 204
    assert (await api.get(STAFF)).status == 404
    assert (await api.delete(STAFF)).status == 404


async def test_a_group_that_is_not_there_is_a_conflict(api: Api) -> None:
    answer = await api.put("/api/v1/quotas/nobody", json=MONTHLY)

    assert answer.status == 409
    assert "make the group first" in (await answer.json())["detail"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_micros": 0},
        {"amount_micros": 10**15 + 1},
        {"period": "year"},
        {"balance_max_micros": -1},
        {"surprise": 1},
    ],
)
async def test_what_makes_no_quota_is_refused_and_changes_nothing(
    api: Api, wrong: dict[str, object]
) -> None:
    answer = await api.put(STAFF, json={**MONTHLY, **wrong})

    assert answer.status == 422
    assert (await answer.json())["problems"]
    assert (await api.get(STAFF)).status == 404
