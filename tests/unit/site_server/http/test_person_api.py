"""What people change about their jobs and see of themselves, call by call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

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
