"""The oldest reader of the directory, raised by a person, never under a site that cannot follow."""

from dataclasses import replace

import pytest
from aiohttp.test_utils import TestClient, TestServer

from failure_modes.vocabulary import LinkState
from primary.http.app import make_app
from primary.http.exchange import Services
from primary.store.directory import Directory
from primary.store.readers import min_reader
from replication.messages import Beat
from replication.ports import WallMs
from tests.unit.primary.http.conftest import KEY, Api

SCHEMA = "/api/v1/schema"


def says(services: Services, site_name: str, reader: int, needs_reader: int | None = None) -> None:
    beat = Beat(number=1, link_state=LinkState.ONLINE, reader=reader, needs_reader=needs_reader)
    services.site_says.hear(site_name, beat, WallMs(1))


async def newer(services: Services) -> Api:
    """Headquarters that writes version 3, to which oslo and lima have joined."""
    for name in ("oslo", "lima"):
        await services.directory.new_epoch(name)
    app = make_app(replace(services, writes=3), KEY)
    return TestClient(TestServer(app), headers={"Authorization": f"Bearer {KEY}"})


def asked(directory: Directory) -> int:
    with directory.read() as connection:
        return min_reader(connection)


async def test_it_is_raised_once_every_site_is_known_to_read_it(services: Services) -> None:
    async with await newer(services) as api:
        says(services, "oslo", 3)
        says(services, "lima", 3)
        answer = await api.put(SCHEMA, json={"min_reader": 3})
        assert await answer.json() == {"writes": 3, "min_reader": 3, "older_sites": []}
        assert asked(services.directory) == 3
        await services.directory.heartbeat(wall_ms=1, min_reader=1, backup_window_ms=1)
        assert asked(services.directory) == 3


async def test_it_is_not_raised_under_a_site_that_is_older_or_silent(services: Services) -> None:
    async with await newer(services) as api:
        says(services, "oslo", 2)
        shown = await (await api.get(SCHEMA)).json()
        assert shown == {"writes": 3, "min_reader": 1, "older_sites": ["lima", "oslo"]}
        refused = await api.put(SCHEMA, json={"min_reader": 3})
        assert refused.status == 409
        assert "lima, oslo" in (await refused.json())["detail"]
        assert asked(services.directory) == 1
        forced = await api.put(SCHEMA, json={"min_reader": 3, "freeze": True})
        assert forced.status == 200
        assert asked(services.directory) == 3


@pytest.mark.parametrize("wanted", [4, 1])
async def test_it_goes_neither_beyond_what_is_written_nor_back(
    services: Services, wanted: int
) -> None:
    async with await newer(services) as api:
        await api.put(SCHEMA, json={"min_reader": 2, "freeze": True})
        refused = await api.put(SCHEMA, json={"min_reader": wanted, "freeze": True})
        assert refused.status == 409
        assert asked(services.directory) == 2


async def test_a_frozen_site_is_listed_and_told_once(
    api: Api, services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    for _ in range(2):
        says(services, "oslo", 1, needs_reader=3)
    sites = (await (await api.get("/api/v1/sites")).json())["items"]
    oslo = next(site for site in sites if site["site_name"] == "oslo")
    assert (oslo["reader"], oslo["needs_reader"]) == (1, 3)
    assert caplog.text.count("upgrade that site") == 1
    says(services, "oslo", 3)
    assert "goes on" in caplog.text
