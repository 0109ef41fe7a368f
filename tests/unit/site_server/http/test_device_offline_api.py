"""Panels before, in and after an outage of their own server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import argon2
import pytest

from failure_modes.pricing import PageCount
from failure_modes.vocabulary import Action, Reason
from site_server.http.testing import DevicePanel, PanelAnswer
from tests.unit.site_server.a_site import (
    DEVICE_TOKEN,
    HELD,
    PRICE_MICROS,
    PRINTER,
)
from tests.unit.site_server.http.calls import calls

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.unit.site_server.http.calls import Calls

CODE = "4711"
HASHER = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
RULES = {
    "enabled": True,
    "delay_ms": 60_000,
    "needs_unlock_code": True,
    "unlock_tries": 2,
    "unlock_code_hash": HASHER.hash(CODE),
    "unknown_user": "lost-cards",
}


def code_is_right(encoded: str, code: str) -> bool:
    try:
        return HASHER.verify(encoded, code)
    except argon2.exceptions.VerifyMismatchError:
        return False


class Wire:
    """The way from a panel to its server, which a test cuts."""

    def __init__(self, api: Calls) -> None:
        self._api = api
        self.is_cut = False
        self.loses_answers = 0

    async def call(
        self, method: str, path: str, body: object, headers: Mapping[str, str]
    ) -> PanelAnswer | None:
        if self.is_cut:
            return None
        headers = {**headers, "Authorization": f"Bearer {DEVICE_TOKEN}"}
        async with self._api.client.request(method, path, json=body, headers=headers) as answer:
            text = await answer.text()
            etag = answer.headers.get("ETag", "")
        if self.loses_answers:
            self.loses_answers -= 1
            return None
        content = json.loads(text) if text else None
        return PanelAnswer(status=answer.status, body=content, etag=etag)


async def test_a_panel_that_nobody_answers_goes_on_by_card_and_is_charged_exactly_once(
    tmp_path: Path,
) -> None:
    async with calls(tmp_path) as api:
        api.site.user("ada", 4 * PRICE_MICROS)
        api.site.user("lost-cards")
        api.site.policy("site", "oslo", {"device_offline": RULES})
        wire = Wire(api)
        panel = DevicePanel(call=wire.call, clock=api.site.clock, check_code=code_is_right)
        await panel.poll()

        wire.is_cut = True
        await panel.poll()
        waits = panel.copy_by_card("card-of-ada", PageCount(mono=1, colour=0))
        assert waits.reasons == (Reason.DEVICE_WAITING,)
        api.site.clock.advance(60_000)
        locked = panel.copy_by_card("card-of-ada", PageCount(mono=1, colour=0))
        assert locked.reasons == (Reason.DEVICE_LOCKED,)
        assert not panel.type_code("0000")
        assert panel.type_code(CODE)
        goes = panel.copy_by_card("card-of-ada", PageCount(mono=4, colour=1))
        assert goes.action is Action.PRINT_AND_LOG_LATER
        panel.copy_by_card("a card of nobody", PageCount(mono=2, colour=0))
        assert api.site.kinds() == []

        wire.is_cut, wire.loses_answers = False, 2
        await panel.tell()
        await panel.tell()
        assert len(panel.noted) == 2
        await panel.tell()
        assert (panel.noted, panel.refused) == ([], [])
        assert api.site.kinds() == ["card_used", "card_used"]
        assert api.site.money("ada").effective_micros == -4 * PRICE_MICROS
        assert api.site.money("lost-cards").effective_micros == -2 * PRICE_MICROS


async def test_too_many_wrong_codes_lock_a_panel_until_its_server_is_back(tmp_path: Path) -> None:
    async with calls(tmp_path) as api:
        api.site.policy("site", "oslo", {"device_offline": RULES})
        wire = Wire(api)
        panel = DevicePanel(call=wire.call, clock=api.site.clock, check_code=code_is_right)
        await panel.poll()
        wire.is_cut = True
        await panel.poll()
        api.site.clock.advance(60_000)
        assert [panel.type_code(code) for code in ("1", "2", CODE)] == [False, False, False]
        wire.is_cut = False
        await panel.poll()
        assert panel.facts.silent_ms is None
        wire.is_cut = True
        await panel.poll()
        api.site.clock.advance(60_000)
        assert panel.type_code(CODE)


# What a panel knows before


async def test_the_settings_say_what_a_panel_needs_and_cost_nothing_when_they_are_known(
    tmp_path: Path,
) -> None:
    async with calls(tmp_path) as api:
        api.site.policy("printer", PRINTER, {"version": 7, "device_offline": RULES})
        wire = Wire(api)
        first = await wire.call("GET", "/device/v1/settings", None, {})
        assert first is not None
        rules = {name: value for name, value in RULES.items() if name != "unknown_user"}
        assert first.body["device_offline"] == rules
        assert (first.body["policy_version"], first.body["hold_modes"][HELD]) == (7, "user")
        assert first.body["server_wall_ms"] == api.site.clock.wall_ms()
        assert "unlocked" in first.body["words"]["device_locked"]
        api.site.clock.advance(5_000)
        known = {"If-None-Match": first.etag}
        again = await wire.call("GET", "/device/v1/settings", None, known)
        assert again == PanelAnswer(status=304, etag=first.etag)
        api.site.policy("printer", PRINTER, {"version": 8})
        changed = await wire.call("GET", "/device/v1/settings", None, known)
        assert changed is not None
        assert (changed.status, changed.body["device_offline"]["enabled"]) == (200, False)


@pytest.mark.parametrize(("method", "path"), [("GET", "/settings"), ("POST", "/card-uses")])
async def test_only_a_panel_of_this_site_is_answered(
    tmp_path: Path, method: str, path: str
) -> None:
    async with calls(tmp_path) as api:
        status, problem = await api.panel(method, path, token="wrong")
        assert (status, problem["reason"]) == (401, "no_such_device")


@pytest.mark.parametrize(("method", "path"), [("GET", "/settings"), ("POST", "/card-uses")])
async def test_a_fresh_site_takes_nothing_and_the_panel_keeps_it(
    tmp_path: Path, method: str, path: str
) -> None:
    async with calls(tmp_path) as api:
        api.site.replica.ready = False
        body: object = {"uses": [{}]} if method == "POST" else None
        status, problem = await api.panel(method, path, body)
        assert (status, problem["reason"]) == (503, "no_replica")
        assert api.site.kinds() == []
