"""The figures for monitoring, and the wish for a resync."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

from replication.schema import directory as schema
from site_server.service.site_status import ReplicaStanding
from tests.unit.site_server.a_site import units
from tests.unit.site_server.http.calls import ADMIN_KEY, METRICS_KEY, calls

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.site_server.http.calls import Calls


async def figures(api: Calls, key: str = METRICS_KEY) -> dict[str, float]:
    headers = {"Authorization": f"Bearer {key}"}
    async with api.client.get("/metrics", headers=headers) as response:
        assert response.status == 200
        assert response.content_type == "text/plain"
        text = await response.text()
    samples = [each for one in text_string_to_metric_families(text) for each in one.samples]
    return {_named(sample.name, sample.labels): float(sample.value) for sample in samples}


def _named(name: str, labels: dict[str, str]) -> str:
    return name + "".join(f"{{{label}={value}}}" for label, value in labels.items())


async def test_the_metrics_say_what_the_status_says(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", units(5))
        await api.site.print_pdf("ada")
        api.site.replica.put(
            schema.heartbeat,
            id=1,
            lineage="a" * 32,
            wall_ms=api.site.clock.wall_ms() - 2_500,
            min_reader=1,
            currency="EUR",
        )
        api.far_side.standing_of_replica = ReplicaStanding(
            txids_behind=2, bytes_behind=300, rebuilds=1, alarms=("stalled: it does not move",)
        )
        found = await figures(api)
        assert found["holdfast_replica_age_seconds"] == 2.5
        assert found["holdfast_replica_txids_behind"] == 2
        assert found["holdfast_replica_bytes_behind"] == 300
        assert found["holdfast_replica_rebuilds_total"] == 1
        assert found["holdfast_journal_unacknowledged_entries"] == 2
        assert found["holdfast_link_state{state=online}"] == 1
        assert found["holdfast_link_state{state=offline}"] == 0
        assert found["holdfast_held_jobs"] == found["holdfast_jobs{state=held}"] == 1
        assert found["holdfast_alarm{alarm=stalled}"] == 1
        assert found["holdfast_alarm{alarm=silent}"] == 0
        assert sum(n for name, n in found.items() if "decisions_total" in name) >= 1


async def test_where_there_is_no_replica_its_age_is_left_out(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.replica.ready = False
        assert "holdfast_replica_age_seconds" not in await figures(api, ADMIN_KEY)


async def test_the_metrics_key_opens_nothing_else(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        status, _ = await api.call("GET", "/metrics", token="wrong")
        assert status == 401
        status, _ = await api.call("GET", "/admin/v1/status", token=METRICS_KEY)
        assert status == 401


async def test_an_alarm_makes_health_bad_until_it_goes(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.far_side.standing_of_replica = ReplicaStanding(alarms=("silent: nothing new",))
        status, body = await api.call("GET", "/health")
        assert (status, body["replica"]) == (503, {"ok": False, "detail": "silent: nothing new"})
        _, told = await api.admin("GET", "/status")
        assert told["alarms"] == ["silent: nothing new"]
        api.far_side.standing_of_replica = ReplicaStanding()
        assert (await api.call("GET", "/health"))[0] == 200


async def test_an_administrator_may_ask_for_a_resync(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        status, _ = await api.call("POST", "/admin/v1/resync", token=METRICS_KEY)
        assert (status, api.far_side.resyncs) == (401, 0)
        for times in (1, 2):
            status, body = await api.admin("POST", "/resync", {})
            assert (status, api.far_side.resyncs) == (200, times)
            assert body["resync_wanted"] is False
