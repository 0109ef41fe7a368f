"""What a panel that nobody answered tells afterwards."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from failure_modes.vocabulary import Reason
from replication.card_hash import card_hash
from replication.entry_bodies import CardUsed
from replication.testing import ManualClock
from tests.unit.site_server.a_site import CARD_KEY, PRICE_MICROS, PRINTER, FillingStore, units
from tests.unit.site_server.http.calls import calls

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.site_server.http.calls import Calls

NOW_MS = ManualClock().wall_ms()
UUIDS = [f"{number:08x}-0000-4000-8000-000000000000" for number in range(60)]


def use(number: int, card: str = "card-of-ada", **fields: object) -> dict[str, object]:
    plain = {"use_uuid": UUIDS[number], "card_number": card, "mono_pages": 3}
    return {**plain, "used_wall_ms": NOW_MS, **fields}


async def told(api: Calls, *uses: object) -> list[dict[str, Any]]:
    status, body = await api.panel("POST", "/card-uses", {"uses": list(uses)})
    assert status == 200, body
    return list(body["uses"])


async def test_a_use_is_on_record_without_the_cards_number(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", units(5))
        (answer,) = await told(api, use(0, colour_pages=2, sides="two-sided-long-edge"))
        cost_micros = 3 * PRICE_MICROS * 8 // 10 + 2 * PRICE_MICROS * 3
        assert (answer["taken"], answer["matched"], answer["repeated"]) == (True, True, False)
        assert (answer["cost_micros"], answer["reason"]) == (cost_micros, "card_matched")
        assert api.site.facts() == [
            CardUsed(
                use_uuid=UUIDS[0],
                device_name="panel-1",
                printer_name=PRINTER,
                card_hash=card_hash("card-of-ada", CARD_KEY),
                used_wall_ms=NOW_MS,
                payer="user:ada",
                cost_micros=cost_micros,
                mono_pages=3,
                colour_pages=2,
                matched=True,
            )
        ]
        raw = (tmp_path / "site.db").read_bytes() + (tmp_path / "site.db-wal").read_bytes()
        assert b"card-of-ada" not in raw


async def test_a_use_that_is_told_again_moves_nothing_also_after_a_restart(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", units(5))
        (first,) = await told(api, use(0))
    async with calls(tmp_path) as api:
        again, twice = await told(api, use(0), use(0))
        assert again == twice == {**first, "repeated": True}
        assert api.site.kinds() == ["card_used"]
        assert api.site.money("ada").effective_micros == units(5) - 3 * PRICE_MICROS


async def test_the_same_uuid_with_other_content_is_refused_and_the_first_one_stays(
    tmp_path: Path,
) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", units(5))
        good, other, more = await told(api, use(0), use(0, mono_pages=4), use(1))
        assert (good["taken"], other["taken"], more["taken"]) == (True, False, True)
        assert (other["reason"], other["use_uuid"]) == ("other_card_use", UUIDS[0])
        assert api.site.money("ada").effective_micros == units(5) - 6 * PRICE_MICROS


async def test_bad_uses_are_answered_one_by_one_and_hold_up_no_good_one(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", units(5))
        bad = [
            {},
            "a use",
            use(1, mono_pages=-1),
            use(2, sides="upside-down"),
            use(3, pin="1234"),
            use(4, card=""),
            use(5, use_uuid="five"),
        ]
        answers = await told(api, *bad, use(0))
        assert [each["taken"] for each in answers] == [False] * len(bad) + [True]
        assert {each["reason"] for each in answers[:-1]} == {"bad_card_use"}
        assert answers[2]["use_uuid"] == UUIDS[1]
        assert "mono_pages" in answers[2]["detail"]
        assert "card-of-ada" not in json.dumps(answers)
        assert api.site.kinds() == ["card_used"]


@pytest.mark.parametrize("uses", [[], None, [use(number) for number in range(51)]])
async def test_an_upload_is_bounded(tmp_path: Path, uses: object) -> None:
    async with calls(tmp_path) as api:
        status, problem = await api.panel("POST", "/card-uses", {"uses": uses})
        assert (status, problem["reason"]) == (400, "bad_request")


async def test_a_card_that_nobody_owns_is_on_record_also_where_nobody_can_pay(
    tmp_path: Path,
) -> None:
    async with calls(tmp_path) as api:
        api.site.user("bob")
        api.site.card("bob", "a lost card", revoked=True)
        (answer,) = await told(api, use(0, "a lost card"))
        assert (answer["taken"], answer["matched"]) == (True, False)
        assert (answer["cost_micros"], answer["reason"]) == (0, "card_uncharged")
        assert "unknown_user" in answer["advice"]
        (fact,) = api.site.facts()
        assert isinstance(fact, CardUsed)
        assert (fact.payer, fact.cost_micros, fact.mono_pages) == (None, 0, 3)


async def test_an_owner_who_is_disabled_or_has_no_credit_pays_all_the_same(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", 0, enabled=False)
        (answer,) = await told(api, use(0))
        assert (answer["matched"], answer["cost_micros"]) == (True, 3 * PRICE_MICROS)
        assert api.site.money("ada").effective_micros == -3 * PRICE_MICROS


async def test_what_comes_too_late_is_on_record_and_charged_to_nobody(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", units(5))
        old_ms = api.site.clock.wall_ms() - 11
        api.site.policy("global", "", {"late_upload_max_ms": 10})
        (answer,) = await told(api, use(0, used_wall_ms=old_ms))
        assert (answer["reason"], answer["cost_micros"]) == (Reason.TOO_LATE_TO_CHARGE, 0)
        assert answer["matched"]
        assert api.site.kinds() == ["card_used"]
        assert api.site.money("ada").effective_micros == units(5)


async def test_on_a_full_disk_nothing_is_taken_and_the_panel_tells_it_again(tmp_path: Path) -> None:
    async with calls(tmp_path, make_store=FillingStore) as api:
        api.site.user("ada", units(5))
        assert isinstance(api.site.store, FillingStore)
        api.site.store.is_full = True
        status, problem = await api.panel("POST", "/card-uses", {"uses": [use(0)]})
        assert (status, problem["reason"]) == (507, "disk_full")
        api.site.store.is_full = False
        (answer,) = await told(api, use(0))
        assert (answer["taken"], answer["repeated"]) == (True, False)
