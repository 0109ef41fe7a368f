"""A decision explained through the administrators' API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from failure_modes.vocabulary import LinkState
from tests.unit.site_server.a_site import PRICE_MICROS, PRINTER, SITE, units
from tests.unit.site_server.http.calls import calls

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.site_server.http.calls import Calls

QUESTION = {"user_name": "ada", "printer_name": PRINTER, "pages": 12, "colour": True}
COST_MICROS = 12 * 4 * PRICE_MICROS


async def explained(api: Calls, **more: object) -> dict[str, Any]:
    status, body = await api.admin("POST", "/explain", QUESTION | more)
    assert status == 200, body
    answer: dict[str, Any] = body
    return answer


async def test_an_allowed_job_is_explained_and_nothing_is_reserved_or_written(
    tmp_path: Path,
) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", units(5))
        body = await explained(api)

        assert (body["action"], body["allowed"], body["link"]) == ("allow", True, "online")
        assert (body["cost_micros"], body["cost"], body["charge_to"]) == (
            COST_MICROS,
            "2.40 EUR",
            "ada",
        )
        assert [each["reason"] for each in body["reasons"]] == ["enough_credit"]
        assert {"rule", "layer", "outcome", "detail"} == set(body["trace"][0])
        _, money = await api.admin("GET", "/balances/ada")
        assert (money["reserved_micros"], money["effective_micros"]) == (0, units(5))
        _, journal = await api.admin("GET", "/journal")
        assert journal["entries"] == []


async def test_a_refusal_says_what_to_do_and_what_would_have_changed_it(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", units(1))
        body = await explained(api)

        (reason,) = body["reasons"]
        assert (body["action"], reason["reason"]) == ("deny", "not_enough_credit")
        assert all(reason[name] for name in ("title", "message", "advice"))
        assert {
            "what": f"balance of at least {COST_MICROS} micros",
            "action": "allow",
            "reason": "enough_credit",
            "title": "Paid from credit",
        } in body["changes"]
        assert body["lines"][0] == f"deny: {body['message']}"


async def test_the_link_may_be_supposed_and_the_layer_of_a_rule_is_told(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", units(5))
        rules = {"credit": "offline_ceiling", "offline_ceiling_micros": 1_000_000}
        api.site.policy("site", SITE, rules)

        assert (await explained(api, link="online"))["action"] == "allow"
        cut = await explained(api, link="offline")
        assert (cut["action"], cut["link"]) == ("deny", "offline")
        assert "site" in {step["layer"] for step in cut["trace"]}
        api.site.link.state = LinkState.OFFLINE
        assert (await explained(api))["action"] == "deny"


async def test_an_unknown_user_is_explained_and_an_unknown_printer_is_not_there(
    tmp_path: Path,
) -> None:
    async with calls(tmp_path) as api:
        body = await explained(api, user_name="nobody")
        assert [each["reason"] for each in body["reasons"]] == ["unknown_user"]
        status, problem = await api.admin("POST", "/explain", QUESTION | {"printer_name": "none"})
        assert (status, problem["reason"]) == (404, "no_such_printer")


async def test_a_login_a_copy_and_a_submission_are_explained_as_well(tmp_path: Path) -> None:
    who = {"user_name": "ada", "printer_name": PRINTER}
    async with calls(tmp_path) as api:
        api.site.user("ada", units(1))

        async def asked(kind: str, **more: object) -> tuple[str, list[str]]:
            status, body = await api.admin("POST", "/explain", {**who, "asked": kind, **more})
            assert status == 200, body
            return body["action"], [each["reason"] for each in body["reasons"]]

        assert await asked("login") == ("allow", ["login_accepted"])
        assert await asked("copy", pages=2) == ("allow", ["enough_credit"])
        assert await asked("copy", pages=100) == ("deny", ["not_enough_credit"])
        assert await asked("hold", pages=100) == ("hold", ["job_held"])
        assert await asked("direct", pages=100) == ("deny", ["not_enough_credit"])
        assert await asked("release", pages=1, account_name="Nobody's") == (
            "deny",
            ["unknown_account"],
        )


async def test_a_mixed_document_costs_what_its_pages_cost_and_meets_the_rules_about_it(
    tmp_path: Path,
) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", units(5))
        names = {"kind": "document_name", "names": ["*.exe"]}
        api.site.policy("site", SITE, {"filters": [names, {"kind": "spool_bytes_max", "limit": 9}]})

        assert (await explained(api, mono_pages=10))["cost_micros"] == ((10 + 2 * 4) * PRICE_MICROS)
        named = await explained(api, document_name="setup.exe")
        assert named["reasons"][0]["reason"] == "document_name_refused"
        assert (await explained(api, spool_bytes=10))["reasons"][0]["reason"] == "document_too_big"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"asked": "login"}, "colour, pages: this means nothing for a login"),
        ({"asked": "copy", "copies": 2}, "copies: this means nothing for a copy"),
        ({"pages": 0}, "pages: a release has at least one page"),
        ({"colour": False, "mono_pages": 1}, "mono_pages: only a job with colour has"),
        ({"mono_pages": 13}, "mono_pages: there are only 12 pages"),
    ],
)
async def test_a_question_that_contradicts_itself_is_told_how(
    tmp_path: Path, wrong: dict[str, object], said: str
) -> None:
    async with calls(tmp_path) as api:
        status, problem = await api.admin("POST", "/explain", QUESTION | wrong)
        assert (status, problem["reason"]) == (400, "bad_request")
        assert said in problem["detail"]


@pytest.mark.parametrize("wrong", [{"pages": 0}, {"link": "up"}, {"sides": "three"}, {"size": 1}])
async def test_a_question_that_makes_no_sense_is_refused(
    tmp_path: Path, wrong: dict[str, object]
) -> None:
    async with calls(tmp_path) as api:
        status, problem = await api.admin("POST", "/explain", QUESTION | wrong)
        assert (status, problem["reason"]) == (400, "bad_request")


async def test_nothing_is_explained_without_the_key_or_without_a_replica(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        status, _ = await api.call("POST", "/admin/v1/explain", QUESTION)
        assert status == 401
        api.site.replica.ready = False
        status, problem = await api.admin("POST", "/explain", QUESTION)
        assert (status, problem["reason"]) == (503, "no_replica")
