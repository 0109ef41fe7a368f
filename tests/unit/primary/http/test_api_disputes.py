"""The administrator's list of disputed entries."""

from dataclasses import replace

import pytest

from primary.service.ingest import Ingest
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from primary.testing import SiteJournal
from replication.journal import hash_of
from tests.unit.primary.http.conftest import Api
from tests.unit.primary.money import balances_of, ledger_balances_of

CORRECTION = {"payer": "user:ada", "amount_micros": -150_000}
VERDICT = {"comment": "the printer's counter says so", "adjustments": [CORRECTION]}


async def poison(ingest: Ingest, count: int = 1) -> None:
    journal = SiteJournal("oslo")
    entries = []
    for _ in range(count):
        bad = replace(journal.printed("ada", 150_000), kind="job_teleported")
        bad = replace(bad, entry_hash=hash_of(bad))
        journal.head = bad.head
        entries.append(bad)
    await ingest.receive("oslo", 1, entries)


async def listed(api: Api, **params: str | int) -> list[int]:
    found = await (await api.get("/api/v1/disputes", params=params)).json()
    return [each["seq"] for each in found["items"]]


async def test_a_dispute_says_what_came_and_why_it_counts_for_nothing(
    api: Api, ingest: Ingest
) -> None:
    assert await listed(api) == []
    await poison(ingest)

    found = await (await api.get("/api/v1/disputes")).json()

    (item,) = found["items"]
    assert (item["site_name"], item["epoch"], item["seq"]) == ("oslo", 1, 1)
    assert "job_teleported" in item["disputed"]
    assert "150000" in item["body"]
    assert item["settlement"] is None


async def test_disputes_come_page_by_page(api: Api, ingest: Ingest) -> None:
    await poison(ingest, 3)
    first = await (await api.get("/api/v1/disputes", params={"limit": 2})).json()
    rest = await (await api.get("/api/v1/disputes", params={"after": first["next"]})).json()
    assert [each["seq"] for each in first["items"] + rest["items"]] == [1, 2, 3]


async def test_a_person_settles_it_and_headquarters_books_what_they_say_once(
    api: Api, ingest: Ingest, directory: Directory, ledger: Ledger
) -> None:
    await poison(ingest, 2)

    statuses = [
        (await api.post("/api/v1/disputes/oslo/1/1/settle", json=VERDICT)).status for _ in range(3)
    ]

    assert statuses == [201, 200, 200]
    assert balances_of(directory)["user:ada"] == 9_850_000
    assert ledger_balances_of(ledger)["user:ada"] == 9_850_000
    assert await listed(api) == [2]
    assert await listed(api, state="all") == [1, 2]
    found = await (await api.get("/api/v1/disputes", params={"state": "all"})).json()
    assert found["items"][0]["settlement"]["adjustments"] == [CORRECTION]


async def test_it_can_be_settled_without_money(
    api: Api, ingest: Ingest, directory: Directory
) -> None:
    await poison(ingest)
    before = balances_of(directory)
    response = await api.post("/api/v1/disputes/oslo/1/1/settle", json={"comment": "a test"})
    assert response.status == 201
    assert await listed(api) == []
    assert balances_of(directory) == before


async def test_other_words_for_what_is_settled_are_refused(
    api: Api, ingest: Ingest, directory: Directory
) -> None:
    await poison(ingest)
    await api.post("/api/v1/disputes/oslo/1/1/settle", json=VERDICT)
    other = {**VERDICT, "comment": "something else"}
    response = await api.post("/api/v1/disputes/oslo/1/1/settle", json=other)
    assert response.status == 409
    assert balances_of(directory)["user:ada"] == 9_850_000


async def test_an_unknown_payer_settles_nothing(api: Api, ingest: Ingest) -> None:
    await poison(ingest)
    nobody = {"payer": "user:nobody", "amount_micros": -1}
    body = {"comment": "-", "adjustments": [CORRECTION, nobody]}
    response = await api.post("/api/v1/disputes/oslo/1/1/settle", json=body)
    assert response.status == 404
    assert await listed(api) == [1]


async def test_an_adjustment_made_by_hand_under_the_same_name_is_not_taken_for_it(
    api: Api, ingest: Ingest, directory: Directory
) -> None:
    await poison(ingest)
    by_hand = {"amount_micros": 1, "comment": "-", "request_id": "dispute:oslo/1/1/1"}
    await api.post("/api/v1/users/ada/adjustments", json=by_hand)
    response = await api.post("/api/v1/disputes/oslo/1/1/settle", json=VERDICT)
    assert response.status == 409
    assert await listed(api) == [1]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("oslo/1/9", 404),
        ("nowhere/1/1", 404),
        ("hq/1/1", 404),
        ("oslo/x/1", 400),
        ("oslo/1/-1", 400),
        (f"oslo/1/{10**30}", 400),
    ],
)
async def test_what_is_not_disputed_cannot_be_settled(
    api: Api, ingest: Ingest, path: str, status: int
) -> None:
    await poison(ingest)
    response = await api.post(f"/api/v1/disputes/{path}/settle", json={"comment": "-"})
    assert response.status == status
    assert response.content_type == "application/problem+json"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"comment": ""},
        {"comment": "-", "adjustments": [{"payer": "ada", "amount_micros": 1}]},
        {"comment": "-", "adjustments": [{"payer": "user:ada", "amount_micros": 10**30}]},
        {"comment": "-", "adjustments": [CORRECTION] * 21},
        {"comment": "-", "more": 1},
    ],
)
async def test_a_verdict_that_says_no_verdict_is_refused(
    api: Api, ingest: Ingest, body: dict[str, object]
) -> None:
    await poison(ingest)
    assert (await api.post("/api/v1/disputes/oslo/1/1/settle", json=body)).status == 422
    assert await listed(api) == [1]


async def test_a_state_that_does_not_exist_is_refused(api: Api) -> None:
    assert (await api.get("/api/v1/disputes", params={"state": "lost"})).status == 400


async def test_the_ledger_shows_a_body_that_no_parser_takes(api: Api, ingest: Ingest) -> None:
    journal = SiteJournal("oslo")
    entries = []
    for text in ("[" * 20_000, '{"cost_micros":NaN}'):
        bad = replace(journal.printed("ada", 1), body=text)
        bad = replace(bad, entry_hash=hash_of(bad))
        journal.head = bad.head
        entries.append(bad)
    await ingest.receive("oslo", 1, entries)
    found = await (await api.get("/api/v1/ledger/entries", params={"site": "oslo"})).json()
    assert [each["body"] for each in found["items"]] == [each.body for each in entries]
