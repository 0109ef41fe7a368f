from typing import Any

import pytest

from primary.service.ingest import Ingest
from primary.testing import SiteJournal
from tests.unit.primary.http.conftest import Api

TODAY = "2027-01-15"
"""The day of the doubles' clock."""


async def found(api: Api, path: str, **asked: str | int) -> dict[str, Any]:
    response = await api.get(f"/api/v1/{path}", params=asked)
    assert response.status == 200, await response.text()
    answer: dict[str, Any] = await response.json()
    return answer


async def printed(ingest: Ingest, site_name: str = "oslo", count: int = 3) -> None:
    journal = SiteJournal(site_name)
    for _ in range(count):
        journal.printed("ada", 1_000, pages=2)
    await ingest.receive(site_name, 1, journal.entries)


async def test_the_print_log_says_who_printed_what_where_newest_first(
    api: Api, ingest: Ingest
) -> None:
    await printed(ingest)

    log = await found(api, "print-log", user="ada")

    assert [item["seq"] for item in log["items"]] == [3, 2, 1]
    first = log["items"][0]
    assert first["at"] == f"{TODAY}T08:00:00.000+00:00"
    assert (first["printer_name"], first["cost_micros"], first["mono_pages"]) == ("laser", 1_000, 2)
    assert log["next"] is None


async def test_pages_go_on_where_the_last_one_ended(api: Api, ingest: Ingest) -> None:
    await printed(ingest, "lima", 4)
    await printed(ingest, "oslo", 3)

    seen: list[tuple[str, int]] = []
    after: dict[str, str] = {}
    for _ in range(4):
        page = await found(api, "print-log", limit=2, **after)
        seen += [(item["site_name"], item["seq"]) for item in page["items"]]
        if page["next"] is None:
            break
        after = {"after": str(page["next"])}

    assert seen == [("oslo", seq) for seq in (3, 2, 1)] + [("lima", seq) for seq in (4, 3, 2, 1)]


async def test_days_bound_what_is_listed_both_included(api: Api, ingest: Ingest) -> None:
    await printed(ingest)

    there = await found(api, "print-log", until=TODAY, **{"from": TODAY})
    before = await found(api, "print-log", until="2027-01-14")
    later = await found(api, "movements", user="ada", **{"from": "2027-01-16"})

    assert len(there["items"]) == 3
    assert before["items"] == later["items"] == []


async def test_movements_say_whose_money_and_why(api: Api, ingest: Ingest) -> None:
    await printed(ingest, count=1)

    ada = await found(api, "movements", user="ada")
    research = await found(api, "movements", account="research")

    opening, newest = sorted(ada["items"], key=lambda item: item["kind"])
    assert (newest["amount_micros"], newest["printer_name"]) == (-1_000, "laser")
    assert (newest["kind"], newest["body"]["cost_micros"]) == ("job_printed", 1_000)
    assert opening["body"]["comment"] == "opening balance"
    assert [item["amount_micros"] for item in research["items"]] == [7_000_000]


async def test_totals_are_by_day(api: Api, ingest: Ingest) -> None:
    await printed(ingest)
    await printed(ingest, "lima", 1)

    sites = await found(api, "totals", by="site", limit=1)
    rest = await found(api, "totals", by="site", after=str(sites["next"]))
    ada = await found(api, "totals", by="user", name="ada", until=TODAY, **{"from": TODAY})

    assert [item["name"] for item in sites["items"]] == ["lima"]
    assert rest["items"][0]["printed"] == 3
    assert ada["items"] == [
        {
            "day": TODAY,
            "name": "ada",
            "printed": 4,
            "mono_pages": 8,
            "colour_pages": 0,
            "cost_micros": 4_000,
            "credits_micros": 10_000_000,
            "debits_micros": -4_000,
        }
    ]


@pytest.mark.parametrize(
    ("path", "advice"),
    [
        ("print-log?user=", "user must be a name"),
        ("print-log?from=yesterday", "from must be a day such as"),
        ("print-log?after=12", "`next` of the page before"),
        ("print-log?after=1.2.3", "`next` of the page before"),
        (f"print-log?after={'9' * 30}.1.1.oslo", "`next` of the page before"),
        ("print-log?colour=1", "known: user, site, printer, account"),
        ("print-log?limit=5000", "limit must be a whole number"),
        ("movements?user=ada&account=research", "for user or for account"),
        ("totals", "by must be one of: user, site, printer, account"),
        ("totals?by=site&after=x", "after must be a day"),
    ],
)
async def test_a_question_that_makes_no_sense_is_told_what_would(
    api: Api, path: str, advice: str
) -> None:
    response = await api.get(f"/api/v1/{path}")

    assert response.status == 400
    assert advice in (await response.json())["detail"]
