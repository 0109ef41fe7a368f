import json

import pytest

from primary.store.directory import Directory
from replication.schema.directory import policies
from tests.unit.primary.http.conftest import Api

GLOBAL = "/api/v1/policies/global/-"
OSLO = "/api/v1/policies/site/oslo"
LASER = "/api/v1/policies/printer/oslo-laser"
DAY_MS = 24 * 3_600_000


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


async def test_one_policy_can_be_asked_for(api: Api) -> None:
    assert (await api.get(OSLO)).status == 404
    saved = await (await api.put(OSLO, json={"rules": {"pages_max": 90}})).json()

    assert saved.pop("warnings") == []
    assert await (await api.get(OSLO)).json() == saved
    assert (await api.get("/api/v1/policies/planet/earth")).status == 400


async def test_a_removal_is_a_change_with_a_number_of_its_own(
    api: Api, directory: Directory
) -> None:
    await api.put(GLOBAL, json={"rules": {"pages_max": 90}})
    await api.put(OSLO, json={"rules": {"pages_max": 80}})

    removed = await api.delete(OSLO)

    assert removed.status == 200
    assert await removed.json() == {
        "layer": "site",
        "scope": "oslo",
        "version": 3,
        "rules": {},
        "warnings": [],
    }
    assert [one["scope"] for one in await stored(api)] == ["-"]
    assert (await api.get(OSLO)).status == 404
    assert (await api.delete(OSLO)).status == 404
    with directory.read() as connection:
        rows = {row.scope: row.version for row in connection.execute(policies.select())}
    assert rows == {"": 1, "oslo": 3}, "sites see that something came after"
    again = await (await api.put(OSLO, json={"rules": {"pages_max": 70}})).json()
    assert again["version"] == 4
    assert (await (await api.get(OSLO)).json())["rules"] == {"pages_max": 70}


async def test_a_removal_that_leaves_a_contradiction_is_refused(api: Api) -> None:
    await api.put(
        GLOBAL, json={"rules": {"offline_warn_ms": DAY_MS, "offline_stop_ms": 2 * DAY_MS}}
    )
    await api.put(OSLO, json={"rules": {"credit": "offline_ceiling"}})
    await api.put(LASER, json={"rules": {"offline_ceiling_micros": 5}})

    refused = await api.delete(OSLO)

    assert refused.status == 422
    assert "printer oslo-laser: offline_ceiling_micros" in (await refused.json())["problems"][0]
    assert len(await stored(api)) == 3


def put_behind_the_check(directory: Directory, layer: str, scope: str, **rules: object) -> None:
    """What an older version took, and this one would not."""
    body = json.dumps({**rules, "version": 1})
    row = policies.insert().values(layer=layer, scope=scope, version=1, body=body)
    directory.write_now(lambda connection: connection.execute(row))


async def test_what_was_wrong_before_does_not_stand_in_the_way_of_other_changes(
    api: Api, directory: Directory
) -> None:
    put_behind_the_check(
        directory, "site", "lima", offline_warn_ms=9 * DAY_MS, offline_stop_ms=DAY_MS
    )
    put_behind_the_check(directory, "printer", "lima-laser", quota=1)

    saved = await api.put(OSLO, json={"rules": {"pages_max": 90}})
    printer = {"site_name": "oslo", "printer_uri": "ipp://127.0.0.1:9/ipp/print"}
    made = await api.put("/api/v1/printers/oslo-inkjet", json=printer)

    assert (saved.status, made.status) == (200, 200)
    warnings = (await saved.json())["warnings"]
    assert [each.split(": ")[:2] for each in warnings] == [
        ["printer lima-laser", "quota"],
        ["site lima", "offline_warn_ms"],
    ]
    assert (await made.json())["warnings"] == warnings


async def test_what_is_wrong_can_be_mended_bit_by_bit(api: Api, directory: Directory) -> None:
    wrong = {"offline_warn_ms": 9 * DAY_MS, "offline_stop_ms": DAY_MS}
    put_behind_the_check(directory, "site", "lima", **wrong, uncounted_pages=3)

    half = {"offline_warn_ms": 8 * DAY_MS, "offline_stop_ms": DAY_MS}
    better = await api.put("/api/v1/policies/site/lima", json={"rules": half})
    removed = await api.delete("/api/v1/policies/site/lima")

    assert (better.status, removed.status) == (200, 200)
    (warning,) = (await better.json())["warnings"]
    assert warning.startswith("site lima: offline_warn_ms: ")
    assert (await removed.json())["warnings"] == []


async def test_what_is_wrong_must_not_be_made_wrong_elsewhere_too(
    api: Api, directory: Directory
) -> None:
    put_behind_the_check(directory, "site", "lima", offline_stop_ms=DAY_MS)

    refused = await api.put(OSLO, json={"rules": {"offline_stop_ms": DAY_MS}})
    put_behind_the_check(directory, "printer", "oslo-laser", pages_max=0)
    still = await api.put(LASER, json={"rules": {"pages_max": 0}})

    assert (refused.status, still.status) == (422, 422)
    assert (await refused.json())["problems"][0].startswith("site oslo: offline_warn_ms")


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
