"""Drills and forced cuts over the administrators' API."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from failure_modes.vocabulary import LinkState
from tests.unit.site_server.a_site import DEVICE_TOKEN, units
from tests.unit.site_server.http.calls import calls

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_drill_is_held_and_reported(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", units(5))
        status, nothing = await api.admin("GET", "/drills/last")
        assert (status, nothing["drill"], nothing["history"]) == (200, None, [])
        assert "holdfast-site drill start" in nothing["lines"][0]

        status, begun = await api.admin("POST", "/link/orders", {"order": "drill_started"})
        assert (status, begun) == (
            200,
            {"order": "drill_started", "link_state": "drill", "changed": True},
        )
        await api.session("ada")
        _, so_far = await api.admin("GET", "/drills/last")
        assert so_far["drill"]["ended_wall_ms"] is None
        assert so_far["drill"]["counts"]["logins_accepted"] == 1
        assert "Logins: 1 accepted, 0 refused." in so_far["lines"]

        await api.admin("POST", "/link/orders", {"order": "drill_ended"})
        _, told = await api.admin("GET", "/drills/last")
        assert told["history"] == [told["drill"]]
        assert "ended after 0 s." in told["lines"][0]


async def test_an_order_that_the_table_refuses_is_a_conflict_with_words(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        await api.admin("POST", "/link/orders", {"order": "force_started"})
        status, problem = await api.admin("POST", "/link/orders", {"order": "drill_started"})
        assert (status, problem["reason"]) == (409, "drill_in_forced_cut")
        assert "force-offline off" in problem["advice"]
        assert api.site.link.state is LinkState.FORCED_OFFLINE


@pytest.mark.parametrize("body", [{}, {"order": "good_beat"}, {"order": "drill_started", "x": 1}])
async def test_what_is_no_order_is_refused(tmp_path: Path, body: dict[str, object]) -> None:
    async with calls(tmp_path) as api:
        status, problem = await api.admin("POST", "/link/orders", body)
        assert (status, problem["reason"]) == (400, "bad_request")
        assert api.site.link.state is LinkState.ONLINE


async def test_only_an_administrator_gives_orders(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        for method, path in (("POST", "/admin/v1/link/orders"), ("GET", "/admin/v1/drills/last")):
            status, _ = await api.call(method, path, {"order": "drill_started"}, DEVICE_TOKEN)
            assert status == 401
        assert api.site.link.state is LinkState.ONLINE


async def test_nobodys_rules_change_under_their_finger(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        rules = {"credit": "offline_ceiling", "offline_ceiling_micros": 1}
        api.site.policy("global", "", rules)
        api.site.user("ada", units(5))
        for _ in range(3):
            await api.site.print_pdf("ada")
        before = await api.session("ada")
        await api.admin("POST", "/link/orders", {"order": "drill_started"})
        since = await api.session("ada")

        _, seen_before = await api.panel("GET", f"{before}/jobs")
        _, seen_since = await api.panel("GET", f"{since}/jobs")
        assert {job["may_go"] for job in seen_before["jobs"]} == {True}
        assert {job["may_go"] for job in seen_since["jobs"]} == {False}
        first, second, third = (job["job_uuid"] for job in seen_before["jobs"])
        assert (await api.panel("POST", f"{before}/jobs/{first}/release"))[0] == 202
        assert (await api.panel("POST", f"{since}/jobs/{second}/release"))[0] == 409
        assert (await api.panel("POST", f"{before}/copies", {"pages": 1}))[0] == 201
        assert (await api.panel("POST", f"{since}/copies", {"pages": 1}))[0] == 409

        api.site.clock.advance(5 * 60_000)
        _, problem = await api.panel("POST", f"{before}/jobs/{third}/release")
        assert problem["reason"] == "ceiling_reached"


async def test_a_pin_ends_where_the_clock_was_set_back_or_the_row_is_old(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", units(5))
        session = await api.site.log_in("ada")
        api.site.link.state = LinkState.DRILL
        assert api.site.services.decider.link_of(session) is LinkState.ONLINE
        old = replace(session, link_state=None)
        assert api.site.services.decider.link_of(old) is LinkState.DRILL
        api.site.clock.jump(-60_000)
        assert api.site.services.decider.link_of(session) is LinkState.DRILL


async def test_the_status_tells_which_policies_apply_and_what_cannot_be_used(
    tmp_path: Path,
) -> None:
    async with calls(tmp_path) as api:
        _, body = await api.admin("GET", "/status")
        assert (body["policy_version"], body["policy_problems"]) == (0, [])
        api.site.policy("global", "", {"version": 1})
        api.site.policy("site", "lima", {"colour": "none"})  # of somebody else
        _, body = await api.admin("GET", "/status")
        assert (body["policy_version"], body["policy_problems"]) == (1, [])
        api.site.policy("printer", "oslo-1", {"from_the_future": 1})
        _, body = await api.admin("GET", "/status")
        assert "printer.from_the_future: there is no such field" in body["policy_problems"][0]
        api.site.replica.ready = False
        _, body = await api.admin("GET", "/status")
        assert (body["policy_version"], body["policy_problems"]) == (0, [])
