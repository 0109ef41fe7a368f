"""Orders to a site's link, over the API."""

import pytest

from failure_modes.vocabulary import LinkState
from primary.http.exchange import Services
from primary.store.directory import Directory
from replication.messages import Beat
from replication.ports import WallMs
from replication.schema.directory import link_orders
from replication.testing import ManualClock
from tests.unit.primary.http.conftest import Api

OSLO = "/api/v1/sites/oslo/link-orders"


async def order(api: Api, what: str) -> int:
    return (await api.post(OSLO, json={"order": what})).status


def says(services: Services, state: LinkState, number: int) -> None:
    beat = Beat(number=1, policy_version=0, link_state=state, order_number=number)
    services.site_says.hear("oslo", beat, WallMs(1))


async def test_an_order_is_a_row_whose_number_grows(
    api: Api, directory: Directory, clock: ManualClock
) -> None:
    first = await (await api.post(OSLO, json={"order": "drill_started"})).json()
    again = await (await api.post(OSLO, json={"order": "drill_ended"})).json()

    assert first == {
        "site_name": "oslo",
        "number": clock.wall_ms(),
        "order": "drill_started",
        "given_wall_ms": clock.wall_ms(),
        "seen": False,
    }
    assert again["number"] == first["number"] + 1
    with directory.read() as connection:
        (row,) = connection.execute(link_orders.select())
    assert (row.site_name, row.number, row.order) == ("oslo", again["number"], "drill_ended")


async def test_numbers_go_on_also_where_the_directory_is_yesterdays(
    api: Api, directory: Directory, clock: ManualClock
) -> None:
    before = await (await api.post(OSLO, json={"order": "drill_started"})).json()
    await directory.write(lambda connection: connection.execute(link_orders.delete()))
    clock.advance(1)

    after = await (await api.post(OSLO, json={"order": "drill_ended"})).json()

    assert after["number"] > before["number"]


async def test_it_is_told_whether_the_site_has_seen_the_order(api: Api, services: Services) -> None:
    assert (await api.get(OSLO)).status == 404
    given = await (await api.post(OSLO, json={"order": "force_started"})).json()
    assert (await (await api.get(OSLO)).json())["seen"] is False

    says(services, LinkState.FORCED_OFFLINE, given["number"])

    assert (await (await api.get(OSLO)).json())["seen"] is True


async def test_a_drill_inside_a_forced_cut_is_refused_with_what_to_do(
    api: Api, services: Services
) -> None:
    assert await order(api, "force_started") == 201
    assert await order(api, "drill_started") == 409
    assert await order(api, "force_ended") == 201
    assert await order(api, "drill_started") == 201

    says(services, LinkState.FORCED_OFFLINE, 2**50)  # somebody forced it at the site
    refused = await api.post(OSLO, json={"order": "drill_started"})
    assert (refused.status, refused.content_type) == (409, "application/problem+json")
    assert "force-offline --site oslo off" in (await refused.json())["detail"]
    assert (await (await api.get(OSLO)).json())["order"] == "drill_started"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/v1/sites/rome/link-orders", {"order": "drill_started"}, 404),
        (OSLO, {"order": "good_beat"}, 422),
        (OSLO, {}, 422),
        (OSLO, {"order": "drill_started", "now": True}, 422),
    ],
)
async def test_what_is_no_order_of_a_site_is_refused(
    api: Api, path: str, body: dict[str, object], status: int
) -> None:
    assert (await api.post(path, json=body)).status == status
    assert (await api.get(OSLO)).status == 404
