"""What people do for themselves at a branch: cards, settings of jobs, copies without any server.

The primary, the site, the printer and the WAN's relay are real processes (`chaos.live`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from chaos.history import Outcome
from chaos.live.lab import open_lab
from chaos.live.waiting import until
from tests.integration.site_scene import ADA, COST_MICROS, OPENING_MICROS, one_site, start

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.site_scene import Scene

pytestmark = [pytest.mark.live, pytest.mark.timeout(100)]

NEW_CARD = "04FFEEDDCC"
RULES = {
    "card_self_registration": True,
    "device_offline": {"enabled": True, "delay_ms": 5_000, "unknown_user": "emmy"},
}


async def allow(scene: Scene) -> None:
    answer = await scene.lab.primary.api.put("/policies/global/-", {"rules": RULES})
    answer.expect("set the policy")

    async def is_known() -> bool:
        told = (await scene.branch.panel.settings()).expect("ask for the settings")
        return bool(told["device_offline"]["enabled"])

    await until(is_known, "the policy at the site", within_ms=20_000)


async def test_a_card_claimed_while_the_wan_is_cut_opens_the_site_and_is_confirmed_after_it(
    tmp_path: Path,
) -> None:
    async with open_lab(one_site(tmp_path)) as lab:
        scene = await start(lab)
        panel, admin = scene.branch.panel, scene.branch.site.admin
        await allow(scene)

        async def link_is(state: str) -> bool:
            return bool((await admin.status())["link_state"] == state)

        await lab.cut("oslo")
        await until(lambda: link_is("offline"), "the outage", within_ms=20_000)
        session = await panel.session(ADA.card_number)
        claimed = (await panel.claim_card(session, NEW_CARD)).expect("claim a card")
        assert (claimed["state"], claimed["provisional"]) == ("claimed", True)
        grace = await panel.session("700123")
        taken = await panel.claim_card(grace, NEW_CARD)
        assert (taken.outcome, taken.reason) == (Outcome.REFUSED, "card_not_free")
        opened = (await panel.log_in(NEW_CARD)).expect("log in with the new card")
        assert opened["user_name"] == "ada"
        await scene.branch.site.server.crash()
        await scene.branch.site.start()
        assert await panel.session(NEW_CARD)

        await lab.heal("oslo")

        async def is_settled() -> bool:
            return await panel.claims(await panel.session(ADA.card_number)) == []

        await until(is_settled, "the claim to be settled", within_ms=40_000)
        again = (await panel.log_in(NEW_CARD)).expect("log in with the confirmed card")
        assert again["user_name"] == "ada"
        user = (await lab.primary.api.get("/users/ada")).expect("ask for the user")
        assert user["cards"] == 2


async def test_what_a_panel_did_by_itself_is_charged_once_and_a_changed_job_as_it_is_printed(
    tmp_path: Path,
) -> None:
    async with open_lab(one_site(tmp_path)) as lab:
        scene = await start(lab)
        panel = scene.branch.panel
        await allow(scene)
        now_ms = (await panel.settings()).expect("ask for the settings")["server_wall_ms"]
        uses = [
            {
                "use_uuid": str(uuid4()),
                "card_number": card_number,
                "used_wall_ms": now_ms - 60_000,
                "mono_pages": 4,
            }
            for card_number in (ADA.card_number, "a card of nobody")
        ]
        told = (await panel.tell_card_uses(uses)).expect("tell the uses")["uses"]
        again = (await panel.tell_card_uses(uses)).expect("tell the uses again")["uses"]
        assert again == [{**use, "repeated": True} for use in told]
        assert [use["matched"] for use in told] == [True, False]
        cost_micros = told[0]["cost_micros"]
        assert cost_micros > 0
        assert await scene.spent_micros() == cost_micros

        job = await scene.held()
        session = await panel.session(ADA.card_number)
        settings = {"copies": 2, "colour_mode": "monochrome"}
        changed = (await panel.change(session, job["job_uuid"], settings)).expect("change")
        assert changed["cost_micros"] == cost_micros < 2 * COST_MICROS
        (await panel.release(session, job["job_uuid"])).expect("release")
        await until(scene.all_settled, "the outcome", within_ms=20_000)

        async def all_is_charged() -> bool:
            balances = await lab.primary.api.balances()
            return (balances["ada"], balances["emmy"]) == (
                OPENING_MICROS - 2 * cost_micros,
                5_000_000 - cost_micros,
            )

        await until(all_is_charged, "the charges at headquarters", within_ms=20_000)
