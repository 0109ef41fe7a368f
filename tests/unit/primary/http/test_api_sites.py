from dataclasses import asdict

from failure_modes.vocabulary import LinkState
from primary.http.exchange import Services
from primary.service.ingest import Ingest
from primary.testing import FixedJoinTokens, ListedHeldJobs, SiteJournal, job_uuid
from replication.messages import Beat
from replication.ports import Micros, WallMs
from replication.registers import HeldJob
from replication.testing import ManualClock
from tests.unit.primary.http.conftest import Api


async def test_a_site_is_made_and_gets_a_title(api: Api) -> None:
    made = await api.put("/api/v1/sites/rome", json={"title": "Rome"})
    again = await api.put("/api/v1/sites/rome", json={"title": "Roma"})
    sites = await (await api.get("/api/v1/sites")).json()

    assert (made.status, again.status) == (201, 200)
    assert sites["items"][-1] == {
        "site_name": "rome",
        "title": "Roma",
        "epoch": 0,
        "state": "approved",
        "state_reason": "",
        "certificate_until_wall_ms": None,
        "certificate_days_left": None,
        "policy_version": 0,
        "link_state": None,
        "policy_version_applied": None,
        "position_txid": None,
        "replica_age_ms": None,
        "reader": None,
        "needs_reader": None,
        "heard_wall_ms": None,
        "clock_offset_ms": None,
        "clock_is_wrong": False,
        "journal_missing": "",
    }


async def test_each_site_is_shown_with_the_policies_it_has_and_those_it_should_have(
    api: Api, services: Services
) -> None:
    for path in ("global/-", "site/lima", "printer/oslo-laser"):
        await api.put(f"/api/v1/policies/{path}", json={"rules": {"pages_max": 90}})
    beat = Beat(number=1, policy_version=1, link_state=LinkState.DRILL, order_number=0)
    services.site_says.hear("oslo", beat, WallMs(5))
    services.site_says.hear("lima", Beat(number=1), WallMs(6))

    found = await (await api.get("/api/v1/sites")).json()

    lima, oslo = found["items"]
    assert found["policy_version"] == 3
    assert (oslo["policy_version"], oslo["policy_version_applied"]) == (3, 1)
    assert (oslo["link_state"], oslo["heard_wall_ms"]) == ("drill", 5)
    assert (lima["policy_version"], lima["policy_version_applied"]) == (2, None)
    assert lima["heard_wall_ms"] is None  # a beat of an older site says nothing


async def test_no_site_can_be_called_like_headquarters(api: Api) -> None:
    response = await api.put("/api/v1/sites/primary", json={"title": "X"})

    assert response.status == 400
    assert len((await (await api.get("/api/v1/sites")).json())["items"]) == 2


async def test_a_join_token_is_for_a_site_and_maybe_another_address(
    api: Api, join_tokens: FixedJoinTokens
) -> None:
    plain = await api.post("/api/v1/sites/oslo/join-tokens")
    body = {"host": "hq.example", "port": 17300}
    other = await api.post("/api/v1/sites/oslo/join-tokens", json=body)

    assert plain.status == other.status == 201
    assert (await plain.json())["token"] == "token-for-oslo"
    assert join_tokens.asked == [("oslo", None, None), ("oslo", "hq.example", 17300)]


async def test_a_site_that_is_not_there_gets_no_token(
    api: Api, join_tokens: FixedJoinTokens
) -> None:
    response = await api.post("/api/v1/sites/rome/join-tokens")

    assert response.status == 404
    assert join_tokens.asked == []


async def test_watermarks_say_how_far_each_journal_has_come(api: Api, ingest: Ingest) -> None:
    journal = SiteJournal("oslo")
    journal.printed("ada", 1)
    await ingest.receive("oslo", 1, journal.entries)

    found = await (await api.get("/api/v1/watermarks")).json()

    assert found["items"][0] == asdict(journal.head)
    assert [one["site_name"] for one in found["items"]] == ["oslo", "primary"]


async def test_held_jobs_are_those_of_the_register(api: Api, held_jobs: ListedHeldJobs) -> None:
    job = HeldJob(
        job_uuid=job_uuid(1),
        site_name="oslo",
        user_name="ada",
        queue_name="oslo-secure",
        job_name="a.pdf",
        pages=2,
        cost_micros=Micros(100),
        state="held",
        updated_wall_ms=WallMs(1),
    )
    held_jobs.jobs.append(job)

    assert await (await api.get("/api/v1/held-jobs")).json() == {"items": [asdict(job)]}


async def test_a_site_whose_clock_is_wrong_is_shown_so(
    api: Api, ingest: Ingest, clock: ManualClock
) -> None:
    ingest.uplinks.hear_clock("oslo", clock.wall_ms() - 86_400_000, clock.wall_ms())
    sites = (await (await api.get("/api/v1/sites")).json())["items"]
    shown = {site["site_name"]: site for site in sites}
    assert (shown["oslo"]["clock_offset_ms"], shown["oslo"]["clock_is_wrong"]) == (
        -86_400_000,
        True,
    )
    assert (shown["lima"]["clock_offset_ms"], shown["lima"]["clock_is_wrong"]) == (None, False)
