from dataclasses import replace

from primary.service.ingest import Ingest
from primary.testing import SiteJournal
from replication.journal import hash_of
from tests.unit.primary.http.conftest import Api


async def test_entries_are_shown_with_their_bodies(api: Api, ingest: Ingest) -> None:
    journal = SiteJournal("oslo")
    entry = journal.printed("ada", 150_000)
    await ingest.receive("oslo", 1, journal.entries)

    found = await (await api.get("/api/v1/ledger/entries", params={"site": "oslo"})).json()

    assert len(found["items"]) == 1
    assert found["items"][0]["body"]["cost_micros"] == 150_000
    assert found["items"][0]["entry_hash"] == entry.entry_hash
    assert found["items"][0]["disputed"] == ""
    assert found["next"] is None


async def test_a_body_that_is_no_json_is_shown_as_it_came(api: Api, ingest: Ingest) -> None:
    bad = replace(SiteJournal("oslo").printed("ada", 1), body="scribble")
    await ingest.receive("oslo", 1, [replace(bad, entry_hash=hash_of(bad))])

    found = await (await api.get("/api/v1/ledger/entries", params={"site": "oslo"})).json()

    assert found["items"][0]["body"] == "scribble"
    assert "not as its kind promises" in found["items"][0]["disputed"]


async def test_entries_page_by_their_number(api: Api) -> None:
    first = await (await api.get("/api/v1/ledger/entries", params={"limit": 2})).json()
    rest = await (await api.get("/api/v1/ledger/entries", params={"after": first["next"]})).json()

    assert [entry["seq"] for entry in first["items"] + rest["items"]] == [1, 2, 3]


async def test_balances_and_totals_are_recomputed(api: Api, ingest: Ingest) -> None:
    journal = SiteJournal("oslo")
    journal.printed("ada", 150_000, pages=3)
    await ingest.receive("oslo", 1, journal.entries)

    balances = await (await api.get("/api/v1/ledger/balances")).json()
    totals = await (await api.get("/api/v1/ledger/totals")).json()

    assert {"payer": "user:ada", "balance_micros": 9_850_000} in balances["items"]
    assert totals["credits_micros"] + totals["debits_micros"] == 17_850_000
    assert totals["mono_pages"] == 3
