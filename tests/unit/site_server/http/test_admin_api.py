"""The administrators' API, and health."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replication.schema import directory as schema
from site_server.causes import Cause
from site_server.ports import Fate, Outcome
from tests.unit.site_server.a_site import DEVICE_TOKEN, PRICE_MICROS, SITE, units
from tests.unit.site_server.http.calls import calls

if TYPE_CHECKING:
    from pathlib import Path


async def test_nothing_is_told_without_the_key(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        for token in ("", "wrong", DEVICE_TOKEN):
            status, problem = await api.call("GET", "/admin/v1/status", token=token)
            assert (status, problem["reason"]) == (401, "not_administrator")


async def test_the_status_has_it_all(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", units(5))
        await api.site.print_pdf("ada")
        api.site.merge_up_to(1, epoch=1, user_name="ada", balance_micros=0)
        wall_ms = api.site.clock.wall_ms() - 1_500
        api.site.replica.put(
            schema.heartbeat,
            id=1,
            lineage="a" * 32,
            wall_ms=wall_ms,
            min_reader=1,
            currency="EUR",
        )
        status, body = await api.admin("GET", "/status")
        assert status == 200
        assert (body["site_name"], body["epoch"], body["link_state"]) == (SITE, 1, "online")
        assert (body["position"], body["head_txid"], body["replica_age_ms"]) == (7, 9, 1_500)
        assert (body["journal_seq"], body["watermark_seq"], body["acked_seq"]) == (2, 1, 0)
        assert (body["held_jobs"], body["jobs"]) == (1, {"held": 1})
        assert (body["price_list_version"], body["price_list_problem"]) == (None, "")


async def test_the_status_names_a_price_list_that_cannot_be_read(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.replica.put(
            schema.price_lists, version=3, valid_from_ms=0, body="[]", body_sha256="3"
        )
        _, body = await api.admin("GET", "/status")
        assert body["price_list_version"] == 3
        assert body["price_list_problem"] == "[] is not an object"


async def test_a_fresh_site_has_a_status_too(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.replica.ready = False
        status, body = await api.admin("GET", "/status")
        assert (status, body["replica_age_ms"], body["watermark_seq"]) == (200, None, 0)


async def test_a_balance_is_told_part_by_part(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", units(5))
        api.site.grant("user:ada", units(1))
        job = await api.site.print_pdf("ada")
        await api.site.release(job)
        await api.site.settle()
        _, body = await api.admin("GET", "/balances/ada")
        assert body == {
            "user_name": "ada",
            "replica_micros": units(5),
            "unmerged_micros": -2 * PRICE_MICROS,
            "reserved_micros": 0,
            "effective_micros": units(5) - 2 * PRICE_MICROS,
            "allowance": {
                "granted_micros": units(1),
                "returned_micros": 0,
                "used_micros": 2 * PRICE_MICROS,
                "left_micros": units(1) - 2 * PRICE_MICROS,
            },
        }


async def test_the_journal_comes_page_by_page(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada")
        await api.site.print_pdf("ada")
        await api.site.print_pdf("ada")
        _, first = await api.admin("GET", "/journal?limit=3")
        _, second = await api.admin("GET", f"/journal?limit=3&after={first['next_after']}")
        assert [entry["seq"] for entry in first["entries"]] == [1, 2, 3]
        assert [entry["seq"] for entry in second["entries"]] == [4]
        assert first["entries"][0]["kind"] == "job_accepted"
        for after in ("soon", "-1", "9" * 30):
            status, problem = await api.admin("GET", f"/journal?after={after}")
            assert (status, problem["reason"]) == (400, "bad_request")


async def test_jobs_are_told_and_an_unknown_one_can_be_settled(tmp_path: Path) -> None:
    lost = Outcome(fate=Fate.UNKNOWN, reason=Cause.OUTCOME_UNKNOWN, detail="no record")
    async with calls(tmp_path) as api:
        api.site.user("ada", units(5))
        api.site.printer.outcomes = [lost]
        job = await api.site.print_pdf("ada")
        await api.site.release(job)
        await api.site.settle()
        _, body = await api.admin("GET", "/jobs?after=0&limit=1")
        (shown,) = body["jobs"]
        assert (await api.admin("GET", f"/jobs?after={body['next_after']}"))[1]["jobs"] == []
        assert (shown["job_uuid"], shown["state"]) == (job.job_uuid, "unknown")
        path = f"/jobs/{job.job_uuid}/settle"
        status, settled = await api.admin("POST", path, {"printed": True})
        assert (status, settled["state"]) == (200, "printed")
        status, problem = await api.admin("POST", path, {"printed": False})
        assert (status, problem["reason"]) == (409, "job_is_done")


async def test_health_needs_no_key_and_does_not_mind_a_cut_wan(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        status, body = await api.call("GET", "/health")
        assert (status, body["ok"], body["replica"]["detail"]) == (200, True, "TXID 7")
        api.far_side.free_bytes = 0
        status, body = await api.call("GET", "/health")
        assert (status, body["disk"]["ok"]) == (503, False)
        api.far_side.free_bytes, api.far_side.refusal = 1024**4, "fenced"
        status, body = await api.call("GET", "/health")
        assert (status, body["link"]["detail"]) == (503, "fenced")


async def test_a_site_that_headquarters_asked_to_wait_is_well_and_says_so(tmp_path: Path) -> None:
    words = "headquarters asked to wait 60 s: as many sites are connected as sites_max allows"
    async with calls(tmp_path) as api:
        api.far_side.asked_to_wait = words
        status, body = await api.call("GET", "/health")
        assert (status, body["link"]["ok"], body["link"]["detail"]) == (200, True, words)
        _, standing = await api.admin("GET", "/status")
        assert (standing["link_asked_to_wait"], standing["link_refusal"]) == (words, "")
