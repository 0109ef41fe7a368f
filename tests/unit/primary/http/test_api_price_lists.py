"""Price lists through the API: numbered, in order, and never changed once they have begun."""

import io
from typing import Any

import pytest

from failure_modes.price_list import LISTS_MAX
from primary.store.directory import Directory
from replication.prices_in_force import PricesInForce
from replication.testing import ManualClock
from tests.unit.primary.http.conftest import Api

LISTS = "/api/v1/price-lists"
DAY_MS = 86_400_000


def office(mono_micros: int = 10, **more: object) -> dict[str, Any]:
    tariff = {"model": "simple", "mono_micros": mono_micros, "colour_micros": 50}
    return {"tariffs": {"office": tariff}, "default": "office", **more}


async def made(api: Api, **more: object) -> dict[str, Any]:
    answer = await api.post(LISTS, json=office(**more))  # type: ignore[arg-type]
    assert answer.status == 201, await answer.text()
    said: dict[str, Any] = await answer.json()
    return said


async def refused(api: Api, method: str, path: str, body: object = None) -> tuple[int, list[str]]:
    before = await (await api.get(LISTS)).json()
    answer = await api.request(method, path, json=body)
    said = await answer.json()
    assert await (await api.get(LISTS)).json() == before
    return answer.status, said.get("problems", [said["detail"]])


def mono_price_at(directory: Directory, wall_ms: int) -> int:
    with directory.read() as connection:
        view = PricesInForce().view_at(connection, "oslo-laser", wall_ms)  # type: ignore[arg-type]
    assert view is not None
    return view.price_on("").mono_simplex_micros


async def test_lists_are_numbered_by_headquarters_and_follow_each_other(
    api: Api, clock: ManualClock, directory: Directory
) -> None:
    now_ms = clock.wall_ms()

    first = await made(api)
    second = await made(api, mono_micros=20, valid_from_ms=now_ms + DAY_MS)

    assert first == {"version": 1, "valid_from_ms": now_ms, "in_force": "now"}
    assert second == {"version": 2, "valid_from_ms": now_ms + DAY_MS, "in_force": "later"}
    assert mono_price_at(directory, now_ms - 1) == 50_000  # the simple price
    assert mono_price_at(directory, now_ms) == 10
    assert mono_price_at(directory, now_ms + DAY_MS) == 20
    clock.advance(DAY_MS)
    items = (await (await api.get(LISTS)).json())["items"]
    assert [(each["version"], each["in_force"]) for each in items] == [(1, "past"), (2, "now")]
    whole = await (await api.get(f"{LISTS}/2")).json()
    assert whole == office(20, valid_from_ms=now_ms + DAY_MS, version=2)


async def test_everything_that_is_wrong_is_said_at_once(api: Api, clock: ManualClock) -> None:
    await made(api)
    wrong = office(
        -1,
        version=9,
        valid_from_ms=clock.wall_ms() - DAY_MS,
        printers={"oslo-laser": "office", "rome-laser": "office"},
        surprise=1,
    )

    status, problems = await refused(api, "POST", LISTS, wrong)

    assert status == 422
    for words in (
        "version: headquarters counts",
        "'surprise' is not known",
        "mono_micros: -1",
        "is over; leave it out",
        "version 2 must be higher and begin later than version 1",
        "printers.rome-laser: there is no such printer",
    ):
        assert any(words in problem for problem in problems), words
    assert not any("oslo-laser" in problem for problem in problems)


async def test_of_very_many_unknown_printers_only_some_are_named(api: Api) -> None:
    printers = {f"p{number}": "office" for number in range(25)}

    status, problems = await refused(api, "POST", LISTS, office(printers=printers))

    assert (status, len(problems), problems[-1]) == (422, 21, "printers: 5 more do not exist")


@pytest.mark.parametrize("content", ["{", "[]"])
async def test_what_is_no_object_is_refused(api: Api, content: str) -> None:
    answer = await api.post(LISTS, data=content)

    assert answer.status == 422
    assert (await (await api.get(LISTS)).json())["items"] == []


async def test_a_list_that_has_begun_is_neither_replaced_nor_withdrawn(api: Api) -> None:
    await made(api)

    for method in ("PUT", "DELETE"):
        status, (detail,) = await refused(api, method, f"{LISTS}/1", office(20))
        assert (status, "has begun" in detail) == (409, True)


async def test_a_list_that_has_not_begun_may_be_replaced_and_withdrawn(
    api: Api, clock: ManualClock, directory: Directory
) -> None:
    await made(api)
    later_ms = clock.wall_ms() + DAY_MS
    await made(api, valid_from_ms=later_ms)

    replaced = await api.put(f"{LISTS}/2", json=office(30, valid_from_ms=later_ms + 1))
    assert (replaced.status, (await replaced.json())["valid_from_ms"]) == (200, later_ms + 1)
    assert mono_price_at(directory, later_ms + 1) == 30
    assert (await api.delete(f"{LISTS}/2")).status == 204
    assert mono_price_at(directory, later_ms + 1) == 10


async def test_a_replaced_list_keeps_its_place_among_the_others(
    api: Api, clock: ManualClock
) -> None:
    for days in (0, 1, 2):
        await made(api, valid_from_ms=clock.wall_ms() + days * DAY_MS)

    late = office(valid_from_ms=clock.wall_ms() + 3 * DAY_MS)
    status, (problem,) = await refused(api, "PUT", f"{LISTS}/2", late)

    assert status == 422
    assert "version 3 must be higher and begin later than version 2" in problem


@pytest.mark.parametrize(("path", "status"), [("7", 404), ("x", 400), ("9" * 11, 400)])
async def test_a_list_that_is_not_there_is_not_found(api: Api, path: str, status: int) -> None:
    for method in ("GET", "PUT", "DELETE"):
        assert (await api.request(method, f"{LISTS}/{path}", json=office())).status == status


async def test_a_list_may_name_ten_thousand_printers_but_not_without_bound(
    api: Api, directory: Directory
) -> None:
    names = [f"printer-{number:055d}" for number in range(10_000)]
    rows = [(name, "oslo", "ipp://x/ipp/print", "auto") for name in names]
    statement = "INSERT INTO printers VALUES (?, ?, ?, ?)"
    await directory.write(lambda connection: connection.exec_driver_sql(statement, rows))

    await made(api, printers=dict.fromkeys(names, "office"))

    answer = await api.post(LISTS, data=io.BytesIO(b"{" + b" " * 3_000_000))
    assert answer.status == 413


async def test_the_oldest_list_goes_once_no_late_upload_can_need_it(
    api: Api, clock: ManualClock
) -> None:
    for _ in range(LISTS_MAX):
        await made(api)
        clock.advance(1)

    status, (detail,) = await refused(api, "POST", LISTS, office())
    assert (status, "late upload may still need" in detail) == (409, True)

    # The policy that allows the latest upload counts: here that of one printer, with a day.
    policies = "/api/v1/policies"
    for layer, hours in (("global/-", 1), ("site/oslo", 2), ("printer/oslo-laser", 24)):
        rules = {"late_upload_max_ms": hours * 3_600_000}
        assert (await api.put(f"{policies}/{layer}", json={"rules": rules})).status == 200
    clock.advance(DAY_MS - LISTS_MAX)
    assert (await refused(api, "POST", LISTS, office()))[0] == 409
    clock.advance(LISTS_MAX)
    await made(api)

    versions = [each["version"] for each in (await (await api.get(LISTS)).json())["items"]]
    assert versions == list(range(2, LISTS_MAX + 2))


async def test_the_outage_report_knows_the_prices_of_today(api: Api) -> None:
    await made(api, mono_micros=1_000_001)

    report = await (await api.get("/api/v1/sites/oslo/outage-report")).json()

    assert report["printers"][0]["jobs"][0] == {
        "job": "1 mono page",
        "could_print": 1,
        "refused": {"not_enough_credit": 2},
    }
