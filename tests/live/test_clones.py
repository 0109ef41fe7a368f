"""The same disk started twice, and an old disk put back: fenced at once, and healed by a person."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from chaos.history import Outcome
from chaos.live.desk import desk_of
from chaos.live.lab import open_lab
from chaos.live.nodes import SiteNode
from chaos.live.processes import Children
from chaos.live.waiting import until

if TYPE_CHECKING:
    from chaos.live.desk import Desk
    from chaos.live.lab import Lab, LabPlan

pytestmark = [pytest.mark.live, pytest.mark.timeout(240)]

ADA = "04A1B2C3D4"
WITHIN_MS = 40_000


async def until_refused(site: SiteNode, word: str) -> None:
    async def is_refused() -> bool:
        return word in str((await site.admin.status())["link_refusal"])

    await until(is_refused, f"{site.name} to be refused: {word}", within_ms=WITHIN_MS)
    health = await site.admin.health()
    assert health.status == 503
    assert word in health.body["link"]["detail"]


async def listed(lab: Lab) -> dict[str, Any]:
    items = (await lab.primary.api.get("/sites")).expect("list the sites")["items"]
    return dict(next(site for site in items if site["site_name"] == "oslo"))


async def spent_micros(desk: Desk) -> int:
    answer = await desk.copy(ADA)
    assert answer.outcome is Outcome.OK, answer.reason
    return int(str(answer.field("cost_micros")))


async def join_again(lab: Lab, site: SiteNode) -> None:
    """What a person does once they have decided which copy shall live on."""
    await site.server.stop()
    token = await lab.primary.join_token("oslo", lab.wans["oslo"].listen_port)
    data = str(site.server.data_folder)
    await site.server.command("join", "--again", "--data", data, given=token)
    await site.start()


async def test_a_cloned_site_is_fenced_before_it_wrote_anything_and_no_money_is_lost(
    one_site: LabPlan,
) -> None:
    async with open_lab(one_site) as lab, Children() as others:
        await lab.start_primary()
        opening = await lab.primary.api.balance_micros("ada")
        site = await lab.start_site("oslo")
        desk = await desk_of(lab, site)
        spent = await spent_micros(desk)
        await desk.until_merged()

        await site.server.stop()
        folder = one_site.folder / "clone"
        shutil.copytree(site.server.data_folder, folder / "data")
        await site.start()
        await desk.until_status("link_refusal", "")
        await desk.until_status("link_state", "online")
        clone = SiteNode(others, folder, lab.history, {"link": one_site.link_timing})
        await clone.start()
        await until_refused(clone, "started twice")
        await until_refused(site, "started twice")
        row = await listed(lab)
        assert row["state"] == "fenced"
        assert "copied and started twice" in row["state_reason"]
        await clone.close()

        spent += await spent_micros(desk)
        await join_again(lab, site)

        async def all_is_charged() -> bool:
            return await lab.primary.api.balance_micros("ada") == opening - spent

        await until(all_is_charged, "what was spent while fenced", within_ms=WITHIN_MS)
        await desk.until_merged()
        assert await all_is_charged()
        assert (await site.admin.balance("ada")).effective_micros == opening - spent
        assert ((await listed(lab))["state"], (await listed(lab))["epoch"]) == ("approved", 2)
        assert len(await lab.primary.api.entries("oslo")) == len(
            {entry.body for entry in await lab.primary.api.entries("oslo")}
        )


async def test_an_old_disk_that_is_put_back_is_fenced_although_its_journal_has_not_lost_anything(
    one_site: LabPlan,
) -> None:
    async with open_lab(one_site) as lab:
        await lab.start_primary()
        site = await lab.start_site("oslo")
        desk = await desk_of(lab, site)
        await desk.until_status("link_state", "online")
        await site.server.stop()
        data = site.server.data_folder
        old = data.with_name("old")
        shutil.copytree(data, old)
        await site.start()  # a plain restart, which nobody minds
        await desk.until_status("link_state", "online")
        await site.server.stop()
        shutil.rmtree(data)
        old.rename(data)
        await site.start()
        await until_refused(site, "older copy")
        assert (await listed(lab))["state"] == "fenced"
