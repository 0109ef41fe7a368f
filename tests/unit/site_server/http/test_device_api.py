"""The panels' API, call by call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from replication.slow_hash import CredentialKind
from site_server.config import Limits
from tests.unit.site_server.a_site import PRICE_MICROS, FillingStore, units
from tests.unit.site_server.http.calls import calls
from tests.unit.site_server.secret_rows import give_secret

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_visit_from_card_to_paper(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", units(5))
        job = await api.site.print_pdf("ada")
        status, person = await api.panel("POST", "/sessions", {"card_number": "card-of-ada"})
        assert status == 201
        assert (person["user_name"], person["balance"]) == ("ada", "5.00 EUR")
        session = f"/sessions/{person['session_id']}"
        status, listed = await api.panel("GET", f"{session}/jobs")
        (shown,) = listed["jobs"]
        assert status == 200
        assert (shown["job_uuid"], shown["state"], shown["may_go"]) == (job.job_uuid, "held", True)
        assert (shown["mono_pages"], shown["cost"]) == (2, "0.10 EUR")
        status, released = await api.panel("POST", f"{session}/jobs/{job.job_uuid}/release")
        assert (status, released["decision"]["action"]) == (202, "allow")
        assert released["decision"]["trace"][0]["rule"] == "link"
        assert (await api.panel("DELETE", session)) == (204, None)
        await api.site.settle()
        assert api.site.printer.papers == [job.job_uuid]


async def test_a_copy_session_from_start_to_charge(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", units(5))
        session = await api.session("ada")
        status, started = await api.panel("POST", f"{session}/copies", {"pages": 4})
        assert (status, started["reserved_micros"]) == (201, 4 * PRICE_MICROS)
        report = {"mono_pages": 5, "colour_pages": 0}
        path = f"{session}/copies/{started['copy_uuid']}/finish"
        status, finished = await api.panel("POST", path, report)
        assert (status, finished["cost_micros"]) == (200, 5 * PRICE_MICROS)
        assert finished["over_reserved_micros"] == PRICE_MICROS


async def test_copies_may_name_the_paper_that_they_are_made_on(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", units(5))
        only_a4 = {"kind": "paper_size", "names": ["iso_a4_210x297mm"], "scope": "all"}
        api.site.policy("site", "oslo", {"filters": [only_a4]})
        copies = f"{await api.session('ada')}/copies"
        large = {"pages": 4, "paper_size": "iso_a3_297x420mm"}
        status, problem = await api.panel("POST", copies, large)
        assert (status, problem["reason"]) == (409, "paper_size_refused")
        small = {"pages": 4, "paper_size": "iso_a4_210x297mm"}
        assert (await api.panel("POST", copies, small))[0] == 201


async def test_an_owner_deletes_a_job(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada")
        job = await api.site.print_pdf("ada")
        session = await api.session("ada")
        assert (await api.panel("DELETE", f"{session}/jobs/{job.job_uuid}"))[0] == 204
        status, problem = await api.panel("DELETE", f"{session}/jobs/{job.job_uuid}")
        assert (status, problem["reason"]) == (409, "job_is_done")


async def test_a_refusal_says_why_and_what_to_do(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", 0)
        job = await api.site.print_pdf("ada")
        session = await api.session("ada")
        status, problem = await api.panel("POST", f"{session}/jobs/{job.job_uuid}/release")
        assert (status, problem["status"], problem["reason"]) == (402, 402, "not_enough_credit")
        assert problem["detail"].startswith("This job costs 0.10 EUR and you have 0.00 EUR.")
        assert "Add credit at the primary" in problem["advice"]
        assert problem["type"] == "urn:holdfast:problem:not_enough_credit"


async def test_an_unknown_card_is_refused_readably(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        status, problem = await api.panel("POST", "/sessions", {"card_number": "nope"})
        assert (status, problem["reason"]) == (403, "unknown_card")
        assert api.site.kinds() == []


@pytest.mark.parametrize("token", ["", "wrong"])
async def test_without_a_panels_token_nothing_goes(tmp_path: Path, token: str) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada")
        card = {"card_number": "card-of-ada"}
        status, problem = await api.panel("POST", "/sessions", card, token=token)
        assert (status, problem["reason"]) == (401, "no_such_device")


async def test_an_ended_session_is_gone(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada")
        session = await api.session("ada")
        await api.panel("DELETE", session)
        status, problem = await api.panel("GET", f"{session}/jobs")
        assert (status, problem["reason"]) == (404, "no_such_session")


async def test_a_fresh_site_says_that_it_knows_nobody_yet(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.replica.ready = False
        status, problem = await api.panel("POST", "/sessions", {"card_number": "x"})
        assert (status, problem["reason"]) == (503, "no_replica")


async def test_a_card_asks_for_its_pin_and_opens_with_it(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", units(5))
        give_secret(api.site, "ada", CredentialKind.PIN, "0815")
        api.site.policy("site", "oslo", {"pin_needed": True})
        card = {"card_number": "card-of-ada"}

        status, problem = await api.panel("POST", "/sessions", card)
        assert (status, problem["reason"]) == (403, "pin_needed")
        status, problem = await api.panel("POST", "/sessions", {**card, "pin": "4711"})
        assert (status, problem["reason"]) == (403, "wrong_pin")
        status, person = await api.panel("POST", "/sessions", {**card, "pin": "0815"})
        assert (status, person["user_name"]) == (201, "ada")


async def test_a_user_name_and_a_password_open_too_and_many_wrong_ones_do_not(
    tmp_path: Path,
) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", units(5))
        give_secret(api.site, "ada", CredentialKind.PASSWORD, "correct horse")
        api.site.policy("site", "oslo", {"password_login": "replicated_hash"})
        ada = {"user_name": "ada", "password": "correct horse"}

        status, person = await api.panel("POST", "/sessions", ada)
        assert (status, person["user_name"]) == (201, "ada")
        for number in range(5):
            guess = {"user_name": "ada", "password": f"guess {number}"}
            status, problem = await api.panel("POST", "/sessions", guess)
            assert (status, problem["reason"]) == (403, "wrong_password")
        status, problem = await api.panel("POST", "/sessions", ada)
        assert (status, problem["reason"]) == (429, "too_many_tries")


async def test_a_body_that_names_two_ways_in_is_told_which_there_are(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        body = {"card_number": "card-of-ada", "user_name": "ada", "password": "secret words"}
        status, problem = await api.panel("POST", "/sessions", body)

        assert status == 400
        assert (
            "card_number, with a pin or without, or else user_name and password"
            in (problem["detail"])
        )
        assert "secret words" not in str(problem)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/sessions", {}),
        ("/sessions", {"card_number": 7}),
        ("/sessions", {"card_number": "x", "password": "1"}),
        ("/sessions", {"card_number": "x", "user_name": "ada"}),
        ("/sessions", {"card_number": "x", "user_name": "ada", "password": "1"}),
        ("/sessions", {"card_number": "x", "pin": ""}),
        ("/sessions", {"card_number": "x", "pin": 1234}),
        ("/sessions", {"user_name": "ada"}),
        ("/sessions", {"user_name": "ada", "pin": "1234"}),
        ("/sessions", {"user_name": "ada", "password": ""}),
        ("/sessions", {"user_name": "ada", "password": "1", "pin": "1234"}),
        ("/sessions", {"pin": "1234"}),
        ("/sessions", []),
        ("{session}/copies", {"pages": 0}),
        ("{session}/copies", {"pages": 1, "sides": "upside-down"}),
        ("{session}/jobs/x/release", {"printer": "p"}),
    ],
)
async def test_a_body_of_another_form_is_a_clear_refusal(
    tmp_path: Path, path: str, body: object
) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", units(5))
        session = await api.session("ada")
        status, problem = await api.panel("POST", path.format(session=session), body)
        assert (status, problem["reason"]) == (400, "bad_request")


async def test_a_body_that_is_too_long_is_refused(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        status, problem = await api.panel("POST", "/sessions", {"card_number": "x" * 100_000})
        assert (status, problem["reason"]) == (413, "request_entity_too_large")


async def test_a_full_disk_is_said_and_the_next_login_works(tmp_path: Path) -> None:
    async with calls(tmp_path, make_store=FillingStore) as api:
        api.site.user("ada")
        assert isinstance(api.site.store, FillingStore)
        api.site.store.is_full = True
        card = {"card_number": "card-of-ada"}
        status, problem = await api.panel("POST", "/sessions", card)
        assert (status, problem["reason"]) == (507, "disk_full")
        api.site.store.is_full = False
        assert (await api.panel("POST", "/sessions", card))[0] == 201


async def test_a_bound_is_said(tmp_path: Path) -> None:
    async with calls(tmp_path, limits=Limits(sessions_max=1)) as api:
        api.site.user("ada")
        await api.session("ada")
        status, problem = await api.panel("POST", "/sessions", {"card_number": "card-of-ada"})
        assert (status, problem["reason"]) == (429, "too_many_sessions")


async def test_an_unknown_address_or_method_is_a_problem_too(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        status, problem = await api.panel("GET", "/nothing")
        assert (status, problem["reason"]) == (404, "not_found")
        status, problem = await api.panel("GET", "/sessions")
        assert (status, problem["reason"]) == (405, "method_not_allowed")
