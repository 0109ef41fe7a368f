"""If a WAN were cut now. Ada has 10.00, Grace 1.00, Alan nothing; a colour page costs 0.25."""

from typing import Any

from sqlalchemy import insert

from primary.http.exchange import Services
from replication.schema.directory import allowances
from tests.unit.primary.http.conftest import Api

OSLO = "/api/v1/sites/oslo/outage-report"


async def report(api: Api) -> dict[str, Any]:
    answer = await api.get(OSLO)
    assert answer.status == 200
    said: dict[str, Any] = await answer.json()
    return said


async def rule(api: Api, **rules: object) -> None:
    saved = await api.put("/api/v1/policies/site/oslo", json={"rules": rules})
    assert saved.status == 200, await saved.text()


async def test_the_report_counts_who_could_print_and_why_the_others_could_not(api: Api) -> None:
    said = await report(api)

    assert (said["users"], said["could_print"], said["at_risk_micros"]) == (3, 2, 11_000_000)
    (printer,) = said["printers"]
    assert printer["printer_name"] == "oslo-laser"
    assert printer["jobs"] == [
        {"job": "1 mono page", "could_print": 2, "refused": {"not_enough_credit": 1}},
        {"job": "10 colour pages", "could_print": 1, "refused": {"not_enough_credit": 2}},
    ]
    assert said["lines"][:2] == [
        "If the WAN of oslo were cut now, 2 of 3 users could print.",
        "Money at risk: at most 11.00 EUR",
    ]
    assert "    1 refused, not_enough_credit: Not enough credit" in said["lines"]


async def test_people_in_debt_disabled_or_without_a_limit_are_told_apart(api: Api) -> None:
    await api.patch("/api/v1/users/ada", json={"enabled": False})
    await api.patch("/api/v1/users/alan", json={"restricted": False})
    debt = {"amount_micros": -1_500_000, "comment": "debt", "request_id": "a"}
    await api.post("/api/v1/users/grace/adjustments", json=debt)

    said = await report(api)

    assert (said["could_print"], said["at_risk_micros"]) == (1, 0)
    assert said["printers"][0]["jobs"][0]["refused"] == {
        "user_disabled": 1,
        "not_enough_credit": 1,
    }


async def test_a_ceiling_bounds_both_the_jobs_and_the_risk(api: Api) -> None:
    await rule(api, credit="offline_ceiling", offline_ceiling_micros=2_000_000)

    said = await report(api)

    assert said["at_risk_micros"] == 3_000_000
    (printer,) = said["printers"]
    assert (printer["credit"], printer["policy_version"]) == ("offline_ceiling", 1)
    assert printer["jobs"][1]["refused"] == {"not_enough_credit": 2, "ceiling_reached": 1}


async def test_under_strict_whoever_has_a_share_at_the_site_could_print(
    api: Api, services: Services
) -> None:
    shares = [
        {"payer": "user:ada", "site_name": "oslo", "granted_micros": 3_000_000},
        {"payer": "user:grace", "site_name": "lima", "granted_micros": 1_000_000},
    ]
    await services.directory.write(lambda rows: rows.execute(insert(allowances), shares))
    await rule(api, credit="strict")

    said = await report(api)

    assert (said["could_print"], said["at_risk_micros"]) == (1, 0)
    assert said["printers"][0]["jobs"][0]["refused"] == {"allowance_spent": 2}


async def test_what_an_outage_changes_at_once_counts(api: Api) -> None:
    await rule(api, escalation=[{"after_ms": 0, "rules": {"credit": "strict"}}])

    said = await report(api)

    assert (said["could_print"], said["at_risk_micros"]) == (0, 0)


async def test_debts_have_no_bound(api: Api) -> None:
    await rule(api, credit="allow_overdraft")

    said = await report(api)

    assert (said["could_print"], said["at_risk_micros"]) == (3, None)
    assert "Money at risk: without bound, for debts are allowed" in said["lines"]


async def test_groups_are_told_apart_where_a_rule_asks_for_them(api: Api) -> None:
    staff = [{"kind": "colour_group", "names": ["staff"], "scope": "all"}]
    mono = [{"kind": "force_mono", "groups": ["pupils"]}]
    await rule(api, filters=staff, conversions=mono, credit="allow_overdraft")

    (printer,) = (await report(api))["printers"]

    assert [job["could_print"] for job in printer["jobs"]] == [3, 1]
    assert printer["jobs"][1]["refused"] == {"colour_group_needed": 2}


async def test_a_site_without_printers_prints_nothing(api: Api) -> None:
    await api.put("/api/v1/sites/rome", json={"title": "Rome"})

    said = await (await api.get("/api/v1/sites/rome/outage-report")).json()

    assert (said["users"], said["could_print"], said["printers"]) == (3, 0, [])
    assert said["at_risk_micros"] == 0


async def test_a_site_that_nobody_knows_has_no_report(api: Api) -> None:
    assert (await api.get("/api/v1/sites/paris/outage-report")).status == 404
