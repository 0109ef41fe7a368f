"""What an administrator sees and does about allowances."""

from primary.service.grant_allowances import grant_allowances
from primary.store.directory import Directory
from replication.messages import AllowanceNeed
from tests.unit.primary.http.conftest import Api


async def grant(directory: Directory, payer: str = "user:ada") -> None:
    need = AllowanceNeed(payer=payer, want_micros=1_000_000, usual_micros=0)
    await grant_allowances(directory, "oslo", 1, [need])


async def test_a_balance_shows_how_it_is_shared_out(api: Api, directory: Directory) -> None:
    await grant(directory)
    body = await (await api.get("/api/v1/users/ada/balance")).json()
    assert body["grants"] == [{"site_name": "oslo", "granted_micros": 3_250_000}]
    assert (body["unassigned_micros"], body["over_granted_micros"]) == (6_750_000, 0)


async def test_the_shares_of_an_account_are_shown_too(api: Api, directory: Directory) -> None:
    await grant(directory, "account:research")
    body = await (await api.get("/api/v1/accounts/research/balance")).json()
    assert body == {
        "account_name": "research",
        "balance_micros": 7_000_000,
        "currency": "EUR",
        "unassigned_micros": 4_500_000,
        "over_granted_micros": 0,
        "grants": [{"site_name": "oslo", "granted_micros": 2_500_000}],
    }


async def test_a_site_that_nobody_knows_has_none(api: Api) -> None:
    assert (await api.get("/api/v1/sites/atlantis/allowances")).status == 404


async def test_a_lost_site_is_written_off_by_the_sum_that_it_puts_at_risk(
    api: Api, directory: Directory
) -> None:
    await grant(directory)
    seen = await (await api.get("/api/v1/sites/oslo/allowances")).json()
    assert seen == {
        "site_name": "oslo",
        "risk_micros": 3_250_000,
        "items": [{"payer": "user:ada", "granted_micros": 3_250_000}],
    }
    blind = await api.post("/api/v1/sites/oslo/write-off", json={"risk_micros": 1})
    assert blind.status == 409
    assert "3250000" in (await blind.json())["detail"]
    done = await api.post("/api/v1/sites/oslo/write-off", json={"risk_micros": 3_250_000})
    assert (done.status, await done.json()) == (200, seen)
    balance = await (await api.get("/api/v1/users/ada/balance")).json()
    assert balance["unassigned_micros"] == 10_000_000
    sites = (await (await api.get("/api/v1/sites")).json())["items"]
    assert {site["site_name"]: site["state"] for site in sites}["oslo"] == "fenced"
