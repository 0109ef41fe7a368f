from dataclasses import replace

from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.parser import text_string_to_metric_families

from failure_modes.vocabulary import LinkState
from primary.http.app import make_app
from primary.http.exchange import Services
from replication.messages import Beat
from replication.ports import WallMs

METRICS_KEY = "a-metrics-key"


async def test_each_site_is_shown_with_its_position_and_when_it_was_heard(
    services: Services,
) -> None:
    now_ms = services.clock.wall_ms()
    beat = Beat(number=1, link_state=LinkState.ONLINE, position_txid=37, replica_age_ms=1_500)
    services.site_says.hear("oslo", beat, WallMs(now_ms - 2_000))
    app = make_app(replace(services, head_txid=lambda: 40), "an-admin-key", METRICS_KEY)
    async with TestClient(TestServer(app)) as client:
        headers = {"Authorization": f"Bearer {METRICS_KEY}"}
        response = await client.get("/metrics", headers=headers)
        text = await response.text()
        forbidden = await client.get("/api/v1/sites", headers=headers)

    assert (response.status, forbidden.status) == (200, 401)
    samples = [each for one in text_string_to_metric_families(text) for each in one.samples]
    of_oslo = {one.name: one.value for one in samples if one.labels.get("site") == "oslo"}
    assert of_oslo == {
        "holdfast_site_position_txid": 37,
        "holdfast_site_txids_behind": 3,
        "holdfast_site_replica_age_seconds": 1.5,
        "holdfast_site_heard_seconds_ago": 2,
        "holdfast_site_replica_frozen": 0,
    }
    assert not [one for one in samples if one.labels.get("site") == "lima"]
    assert {one.value for one in samples if one.name == "holdfast_head_txid"} == {40}


async def test_without_a_key_nothing_is_told(services: Services) -> None:
    async with TestClient(TestServer(make_app(services, "an-admin-key"))) as client:
        assert (await client.get("/metrics")).status == 401
