"""Shutting a site out, and letting it join anew."""

from dataclasses import replace

from aiohttp.test_utils import TestClient, TestServer

from primary.http.app import make_app
from primary.http.exchange import Services
from tests.unit.primary.http.conftest import KEY, Api

OSLO = "/api/v1/sites/oslo/revocation"


async def test_a_revoked_site_is_shut_out_with_a_reason_and_its_link_is_ended(
    services: Services,
) -> None:
    ended: list[str] = []
    app = make_app(replace(services, end_link=ended.append), KEY)
    headers = {"Authorization": f"Bearer {KEY}"}
    async with TestClient(TestServer(app), headers=headers) as client:
        body = {"reason": "the server was stolen"}
        both = [await client.put(OSLO, json=body) for _ in range(2)]
        assert [one.status for one in both] == [200, 200]
        site = await both[1].json()
    assert ended == ["oslo", "oslo"]
    assert site["state"] == "revoked"
    assert site["state_reason"] == "Site oslo was revoked at headquarters: the server was stolen"


async def test_it_may_join_anew_once_that_is_lifted_but_not_come_in_as_before(api: Api) -> None:
    await api.put(OSLO)
    lifted = await api.delete(OSLO)
    site = await lifted.json()
    assert (lifted.status, site["state"]) == (200, "fenced")
    assert "holdfast-primary token --site oslo" in site["state_reason"]


async def test_what_is_not_there_or_not_revoked_is_said(api: Api) -> None:
    assert (await api.put("/api/v1/sites/rome/revocation")).status == 404
    assert (await api.delete(OSLO)).status == 409
    assert (await api.put(OSLO, json={"why": "x"})).status == 422
    sites = (await (await api.get("/api/v1/sites")).json())["items"]
    assert {site["state"] for site in sites} == {"approved"}
