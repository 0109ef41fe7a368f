"""What people change about their jobs and see of themselves, call by call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from failure_modes.vocabulary import LinkState
from tests.unit.site_server.a_site import PRICE_MICROS, units
from tests.unit.site_server.http.calls import calls

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_changed_job_comes_back_as_it_is_listed(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", units(5))
        job = await api.site.print_pdf("ada")
        session = await api.session("ada")
        body = {"copies": 4, "sides": "two-sided-short-edge", "colour_mode": "color"}
        status, changed = await api.panel("PATCH", f"{session}/jobs/{job.job_uuid}", body)
        assert status == 200
        assert {name: changed[name] for name in body} == body
        assert (changed["may_go"], changed["cost_micros"]) == (True, 8 * PRICE_MICROS * 8 // 10)
        _, listed = await api.panel("GET", f"{session}/jobs")
        assert listed["jobs"] == [changed]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"copies": None},
        {"copies": 0},
        {"copies": 1_000},
        {"sides": "both"},
        {"colour_mode": "sepia"},
        {"copies": 1, "media": "iso_a4_210x297mm"},
    ],
)
async def test_a_change_that_cannot_be_meant_is_refused_and_nothing_changes(
    tmp_path: Path, body: dict[str, object]
) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", units(5))
        job = await api.site.print_pdf("ada")
        session = await api.session("ada")
        status, problem = await api.panel("PATCH", f"{session}/jobs/{job.job_uuid}", body)
        assert (status, problem["reason"]) == (400, "bad_request")
        assert api.site.job(job.job_uuid) == job


async def test_the_own_balance_is_what_may_be_spent_now(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", units(5))
        session = await api.session("ada")
        await api.panel("POST", f"{session}/copies", {"pages": 4})
        status, shown = await api.panel("GET", f"{session}/balance")
        assert (status, shown["user_name"], shown["balance"]) == (200, "ada", "4.80 EUR")


async def test_who_is_switched_off_meanwhile_sees_nothing_any_more(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", units(5))
        session = await api.session("ada")
        api.site.user("ada", units(5), enabled=False)
        status, problem = await api.panel("GET", f"{session}/balance")
        assert (status, problem["reason"]) == (403, "user_disabled")


async def test_a_card_is_registered_at_the_panel_and_opens_it(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.policy("global", "", {"card_self_registration": True})
        api.site.user("ada", units(5))
        api.site.link.state = LinkState.OFFLINE
        session = await api.session("ada")
        card = {"card_number": "a new card"}
        status, claimed = await api.panel("POST", f"{session}/cards", card)
        assert (status, claimed["state"], claimed["provisional"]) == (201, "claimed", True)
        assert claimed["reason"] == "provisional_here"
        status, person = await api.panel("POST", "/sessions", card)
        assert (status, person["user_name"]) == (201, "ada")
        status, listed = await api.panel("GET", f"{session}/cards")
        (claim,) = listed["claims"]
        assert (status, claim["state"], claim["site_name"]) == (200, "claimed", "oslo")
        own = {"card_number": "card-of-ada"}
        status, known = await api.panel("POST", f"{session}/cards", own)
        assert (status, known["state"], known["provisional"]) == (200, "registered", False)


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ({"card_number": "card-of-bob"}, (409, "card_not_free")),
        ({"card_number": ""}, (400, "bad_request")),
        ({}, (400, "bad_request")),
    ],
)
async def test_a_card_that_cannot_be_registered_is_refused_readably(
    tmp_path: Path, card: dict[str, str], expected: tuple[int, str]
) -> None:
    async with calls(tmp_path) as api:
        api.site.policy("global", "", {"card_self_registration": True})
        api.site.user("ada")
        api.site.user("bob")
        session = await api.session("ada")
        status, problem = await api.panel("POST", f"{session}/cards", card)
        assert (status, problem["reason"]) == expected


async def test_where_cards_are_given_out_by_the_help_desk_alone_a_panel_says_so(
    tmp_path: Path,
) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada")
        session = await api.session("ada")
        card = {"card_number": "a new card"}
        status, problem = await api.panel("POST", f"{session}/cards", card)
        assert (status, problem["reason"]) == (403, "card_claims_off")
