import json

import pytest

from primary.store.directory import Directory
from replication.schema.directory import policies
from tests.unit.primary.http.conftest import Api

GLOBAL = "/api/v1/policies/global/-"
OSLO = "/api/v1/policies/site/oslo"
LASER = "/api/v1/policies/printer/oslo-laser"


async def stored(api: Api) -> list[dict[str, object]]:
    answer = await (await api.get("/api/v1/policies")).json()
    items: list[dict[str, object]] = answer["items"]
    return items


async def test_every_save_of_any_layer_counts_the_version_up_by_one(api: Api) -> None:
    numbers = []
    for path in (GLOBAL, OSLO, LASER, GLOBAL):
        saved = await api.put(path, json={"rules": {"pages_max": 90}})
        assert saved.status == 200
        numbers.append((await saved.json())["version"])

    assert numbers == [1, 2, 3, 4]
    assert await stored(api) == [
        {"layer": "global", "scope": "-", "version": 4, "rules": {"pages_max": 90}},
        {"layer": "printer", "scope": "oslo-laser", "version": 3, "rules": {"pages_max": 90}},
        {"layer": "site", "scope": "oslo", "version": 2, "rules": {"pages_max": 90}},
    ]


async def test_the_version_travels_to_the_sites_with_the_rules(
    api: Api, directory: Directory
) -> None:
    await api.put(GLOBAL, json={"rules": {"pages_max": 90}})

    with directory.read() as connection:
        (row,) = connection.execute(policies.select())
    assert (row.scope, row.version) == ("", 1)
    assert json.loads(row.body) == {"pages_max": 90, "version": 1}


async def test_a_bad_policy_is_refused_with_all_that_is_wrong_and_nothing_changes(
    api: Api,
) -> None:
    await api.put(GLOBAL, json={"rules": {"pages_max": 90}})

    bad = {"pages_max": 0, "quota": 1, "uncounted_pages": 4}
    refused = await api.put(GLOBAL, json={"rules": bad})
    problem = await refused.json()

    assert (refused.status, refused.content_type) == (422, "application/problem+json")
    assert [each.split(": ")[1] for each in problem["problems"]] == [
        "pages_max",
        "quota",
        "uncounted_pages",
    ]
    assert [each["rules"] for each in await stored(api)] == [{"pages_max": 90}]


async def test_a_policy_that_contradicts_another_layer_is_refused(api: Api) -> None:
    hour_ms = 3_600_000
    await api.put(OSLO, json={"rules": {"offline_warn_ms": hour_ms}})

    refused = await api.put(LASER, json={"rules": {"offline_stop_ms": hour_ms}})

    assert refused.status == 422
    (problem,) = (await refused.json())["problems"]
    assert problem.startswith("site oslo with printer oslo-laser: offline_warn_ms")
    assert len(await stored(api)) == 1


async def test_a_printer_does_not_move_to_where_its_policy_contradicts_the_sites(api: Api) -> None:
    day_ms = 24 * 3_600_000
    lima = "/api/v1/policies/printer/lima-laser"
    for path, rules in (
        (lima, {"offline_stop_ms": 8 * day_ms}),
        (OSLO, {"offline_warn_ms": 9 * day_ms}),
    ):
        assert (await api.put(path, json={"rules": rules})).status == 200

    refused = await api.patch("/api/v1/printers/lima-laser", json={"site_name": "oslo"})

    assert refused.status == 422
    printer = await (await api.get("/api/v1/printers/lima-laser")).json()
    assert printer["site_name"] == "lima"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/policies/site/rome", 409),
        ("/api/v1/policies/printer/rome-laser", 409),
        ("/api/v1/policies/built_in/-", 400),
        ("/api/v1/policies/planet/earth", 400),
        ("/api/v1/policies/global/oslo", 400),
        ("/api/v1/policies/site/-", 400),
    ],
)
async def test_a_policy_for_nothing_is_refused(api: Api, path: str, status: int) -> None:
    refused = await api.put(path, json={"rules": {}})

    assert refused.status == status
    assert await stored(api) == []


async def test_rules_must_stand_in_a_body_that_says_nothing_else(api: Api) -> None:
    bodies: list[dict[str, object]] = [{}, {"rules": []}, {"rules": {}, "version": 3}]
    for body in bodies:
        assert (await api.put(GLOBAL, json=body)).status == 422


async def test_rules_that_name_what_is_not_there_are_refused(api: Api) -> None:
    account = {"offline_account_name": "Cuts", "unauthenticated": "charge_offline_account"}
    body = {"rules": {**account, "manager_group": "bosses"}}

    response = await api.put("/api/v1/policies/global/-", json=body)

    assert response.status == 422
    said = (await response.json())["problems"]
    assert [problem.split(": ")[1] for problem in said] == ["offline_account_name", "manager_group"]

    await api.put("/api/v1/accounts/Cuts", json={"title": "Cuts"})
    named = {"rules": {**account, "manager_group": "staff"}}
    assert (await api.put("/api/v1/policies/global/-", json=named)).status == 200
