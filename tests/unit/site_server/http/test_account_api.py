"""Choosing who pays, over the panels' API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replication.schema import directory as schema
from tests.unit.site_server.a_site import PRICE_MICROS, units
from tests.unit.site_server.http.calls import calls

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_person_is_asked_sees_the_accounts_and_chooses_one(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.policy("global", "", {"ask_for_account": True})
        api.site.user("ada", units(5))
        api.site.account("Library", units(2))
        api.site.account("Wing", 0)
        api.site.replica.put(schema.accounts, account_name="Wing", title="W", restricted=False)
        job = await api.site.print_pdf("ada")
        _, person = await api.panel("POST", "/sessions", {"card_number": "card-of-ada"})
        assert (person["ask_for_account"], person["is_manager"]) == (True, False)
        session = f"/sessions/{person['session_id']}"
        status, listed = await api.panel("GET", f"{session}/accounts")
        assert (status, listed["user_name"], listed["currency"]) == (200, "ada", "EUR")
        assert listed["accounts"] == [
            {
                "account_name": "Library",
                "title": "Library",
                "balance_micros": units(2),
                "balance": "2.00 EUR",
            },
            {"account_name": "Wing", "title": "W"},
        ]
        path = f"{session}/jobs/{job.job_uuid}/release"
        status, released = await api.panel("POST", path, {"account_name": "Library"})
        assert (status, released["decision"]["charge_account"]) == (202, "Library")
        assert released["decision"]["charge_to"] is None


async def test_copies_are_charged_to_whoever_was_chosen(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.policy("global", "", {"ask_for_account": True})
        api.site.user("ada", units(5))
        api.site.account("Library", units(2))
        session = await api.session("ada")
        copies = f"{session}/copies"
        status, started = await api.panel("POST", copies, {"pages": 2, "account_name": "Library"})
        assert (status, started["decision"]["charge_account"]) == (201, "Library")
        assert api.site.payer_money("account:Library").reserved_micros == 2 * PRICE_MICROS
        status, started = await api.panel("POST", copies, {"pages": 2, "personal": True})
        assert (status, started["decision"]["charge_to"]) == (201, "ada")
        status, problem = await api.panel("POST", copies, {"pages": 2})
        assert (status, problem["reason"]) == (409, "unknown_account")


async def test_two_answers_to_who_pays_are_a_bad_request(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", units(5))
        session = await api.session("ada")
        both = {"account_name": "Library", "personal": True}
        for path, body in (("jobs/x/release", both), ("copies", {"pages": 1, **both})):
            status, problem = await api.panel("POST", f"{session}/{path}", body)
            assert (status, problem["reason"]) == (400, "bad_request")
            assert "either account_name or personal" in problem["detail"]


async def test_an_account_of_others_is_forbidden(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", units(5))
        api.site.account("Library", units(2), open_to="user:grace")
        job = await api.site.print_pdf("ada")
        path = f"{await api.session('ada')}/jobs/{job.job_uuid}/release"
        status, problem = await api.panel("POST", path, {"account_name": "Library"})
        assert (status, problem["reason"]) == (403, "account_not_open")
