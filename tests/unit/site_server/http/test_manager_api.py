"""What a manager does at a panel, call by call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.site_server.a_site import HELD
from tests.unit.site_server.front_desk import FOR_MANAGER, MANAGER, open_desk, sent
from tests.unit.site_server.http.calls import calls

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_manager_sees_releases_and_deletes_what_waits(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        open_desk(api.site)
        first = await sent(api.site, "ada", FOR_MANAGER)
        second = await sent(api.site, "ada", HELD)
        _, person = await api.panel("POST", "/sessions", {"card_number": f"card-of-{MANAGER}"})
        assert (person["is_manager"], person["ask_for_account"]) == (True, False)
        session = f"/sessions/{person['session_id']}"
        assert (await api.panel("GET", f"{session}/jobs"))[1]["jobs"] == []
        status, listed = await api.panel("GET", f"{session}/jobs?of=all")
        assert status == 200
        assert [(job["job_uuid"], job["user_name"]) for job in listed["jobs"]] == [
            (first, "ada"),
            (second, "ada"),
        ]
        status, released = await api.panel("POST", f"{session}/jobs/{first}/release")
        assert (status, released["decision"]["charge_to"]) == (202, "ada")
        assert (await api.panel("DELETE", f"{session}/jobs/{second}"))[0] == 204
        await api.site.settle()
        assert api.site.printer.papers == [first]


async def test_whoever_is_no_manager_is_told_so(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        open_desk(api.site)
        own = await sent(api.site, "ada", FOR_MANAGER)
        other = await sent(api.site, MANAGER, HELD)
        session = await api.session("ada")
        for method, path, reason in (
            ("GET", "jobs?of=all", "not_a_manager"),
            ("POST", f"jobs/{own}/release", "held_for_manager"),
            ("POST", f"jobs/{other}/release", "not_your_job"),
            ("DELETE", f"jobs/{other}", "not_your_job"),
        ):
            status, problem = await api.panel(method, f"{session}/{path}")
            assert (status, problem["reason"]) == (403, reason)
            assert problem["advice"]
        assert (await api.panel("DELETE", f"{session}/jobs/{own}"))[0] == 204


async def test_a_list_of_something_else_is_a_bad_request(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada")
        status, problem = await api.panel("GET", f"{await api.session('ada')}/jobs?of=none")
        assert (status, problem["reason"]) == (400, "bad_request")
        assert (problem["detail"], problem["advice"]) == (
            "of: 'none' is not known",
            "Send own or all.",
        )
