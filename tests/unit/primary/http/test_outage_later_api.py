"""What an outage becomes. Ada has 10.00, Grace 1.00, Alan nothing; ten colour pages cost 2.50."""

from typing import Any

from tests.unit.primary.http.conftest import Api

OSLO = "/api/v1/sites/oslo/outage-report"
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


async def report(api: Api, **rules: object) -> dict[str, Any]:
    if rules:
        saved = await api.put("/api/v1/policies/site/oslo", json={"rules": rules})
        assert saved.status == 200, await saved.text()
    said: dict[str, Any] = await (await api.get(OSLO)).json()
    return said


async def test_each_step_says_what_changes_and_how_many_could_print_then(api: Api) -> None:
    lax = {"after_ms": 4 * HOUR_MS, "rules": {"credit": "allow_overdraft"}}
    strict = {"after_ms": 8 * HOUR_MS, "rules": {"credit": "strict"}}

    said = await report(api, escalation=[strict, lax])

    first, second, *_ = said["later"]
    assert (first["after_ms"], first["could_print"], first["at_risk_micros"]) == (
        4 * HOUR_MS,
        3,
        None,
    )
    assert (second["could_print"], second["at_risk_micros"]) == (0, 0)
    lines = said["lines"]
    start = lines.index("After 4 h: 3 users could print.")
    assert lines[start + 1 : start + 5] == [
        "  its printer: credit replica_balance -> allow_overdraft (site)",
        "  Money at risk: without bound, for debts are allowed",
        "  oslo-laser:",
        "    1 mono page: 3 could print",
    ]


async def test_the_end_of_an_outage_is_said_and_refuses_everybody(api: Api) -> None:
    said = await report(api, offline_warn_ms=HOUR_MS, offline_stop_ms=2 * HOUR_MS)

    warned, stopped = said["later"]
    assert (warned["could_print"], stopped["could_print"]) == (2, 0)
    assert stopped["printers"][0]["jobs"][0]["refused"] == {"offline_too_long": 3}
    assert "After 2 h: 0 users could print." in said["lines"]
    assert "  its printer: nothing is let out any more (offline_stop_ms, site)" in said["lines"]


async def test_a_moment_that_changes_no_answer_repeats_none(api: Api) -> None:
    lines = (await report(api))["lines"]

    warned = lines.index("After 7 days: 2 users could print.")
    assert lines[warned + 2] == "After 14 days: 0 users could print."


async def test_printers_are_told_apart_where_their_rules_differ(api: Api) -> None:
    plotter = {"site_name": "oslo", "printer_uri": "ipps://plotter.oslo/ipp/print"}
    made = await api.put("/api/v1/printers/oslo-plotter", json=plotter)
    assert made.status == 200, await made.text()
    steps = [{"after_ms": HOUR_MS, "rules": {"copies_max": 2}}]
    saved = await api.put(
        "/api/v1/policies/printer/oslo-plotter", json={"rules": {"escalation": steps}}
    )
    assert saved.status == 200, await saved.text()

    said = await report(api)

    assert said["later"][0]["changes"] == {"copies_max 999 -> 2 (printer)": ["oslo-plotter"]}
    assert "  oslo-plotter: copies_max 999 -> 2 (printer)" in said["lines"]
    assert any(line.startswith("  all printers: every decision warns") for line in said["lines"])


async def test_opening_hours_are_said_and_not_counted(api: Api) -> None:
    hours = [{"days": ["mon", "tue"], "from": "07:00", "to": "19:30"}]

    said = await report(api, opening_hours=hours)

    assert said["could_print"] == 2
    assert said["printers"][0]["opening_hours"] == "mon 07:00-19:30, tue 07:00-19:30"
    start = said["lines"].index("Printing is limited at its printer, the site's own time,")
    assert said["lines"][start + 1] == (
        "  to mon 07:00-19:30, tue 07:00-19:30. It was counted as if it were open."
    )


async def test_jobs_about_an_account_are_told_where_they_are_no_plain_jobs(api: Api) -> None:
    built_in = (await report(api))["printers"][0]["special"]
    said = await report(
        api, unauthenticated="trust_spool_name", account_selection="cancel", ask_for_account=True
    )

    assert built_in == [
        {
            "job": "a job that nobody proved to be its user's",
            "action": "deny",
            "reason": "unauthenticated",
        }
    ]
    (special,) = said["printers"][0]["special"]
    assert (special["action"], special["reason"]) == ("deny", "no_account_chosen")
    assert (
        "At its printer, a job whose user was to choose an account and did not: "
        "deny, No account chosen" in said["lines"]
    )


async def test_an_account_that_pays_for_others_is_named(api: Api) -> None:
    rules = {"unauthenticated": "charge_offline_account", "offline_account_name": "research"}

    (special,) = (await report(api, **rules))["printers"][0]["special"]

    assert (special["action"], special["reason"]) == ("allow", "account_charged")
