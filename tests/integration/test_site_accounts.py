"""Shared accounts and managers through real processes, with the WAN cut where it matters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from chaos.history import Outcome
from chaos.live.branch import Person
from chaos.live.lab import open_lab
from chaos.live.stock_client import Destination
from chaos.live.waiting import until
from chaos.pdf_writer import PageInk, write_document
from replication.entry_bodies import JobReleased
from tests.integration.site_scene import ADA, COST_MICROS, DOCUMENT, one_site, start

if TYPE_CHECKING:
    from pathlib import Path

    from chaos.live.admin_api import AdminApi
    from tests.integration.site_scene import Scene

pytestmark = [pytest.mark.live, pytest.mark.timeout(100)]

MARY = Person(user_name="mary", card_number="04D4E5F607")
WING = "The New Wing"
WING_MICROS = 5_000_000
VISIT = write_document("visit", (PageInk.MONO,))
VISIT_MICROS = 50_000
EMMY_MICROS = 5_000_000


async def open_wing(api: AdminApi) -> None:
    body = {"title": "The new wing", "open_to": ["group:staff"]}
    (await api.put("/accounts/The%20New%20Wing", body)).expect("make an account")
    given = {"amount_micros": WING_MICROS, "comment": "opening", "request_id": "wing-1"}
    (await api.post("/accounts/The%20New%20Wing/adjustments", given)).expect("give it money")
    rules = {"ask_for_account": True, "account_selection": "choose_at_device"}
    (await api.put("/policies/global/-", {"rules": rules})).expect("ask who pays")


async def visitors_job(scene: Scene) -> dict[str, Any]:
    """A visitor's job in the queue whose jobs only a manager lets go."""
    port = scene.branch.site.ipp_port
    to = Destination(port=port, queue_name="oslo-visitors", user_name="emmy")
    assert (await scene.branch.desktop.print_with_ipptool(VISIT, to)).outcome is Outcome.OK
    session = await scene.branch.panel.session(MARY.card_number)

    async def look() -> dict[str, Any] | None:
        jobs = await scene.branch.panel.jobs(session, of="all")
        return next((job for job in jobs if job["job_name"] == VISIT.name), None)

    return await until(look, "the visitor's job to be held", within_ms=15_000)


async def test_a_cut_branch_charges_an_account_and_obeys_its_manager(tmp_path: Path) -> None:
    async with open_lab(one_site(tmp_path)) as lab:
        scene = await start(lab)
        panel, api = scene.branch.panel, lab.primary.api
        await open_wing(api)
        txid = await api.txid()
        has_directory = scene.branch.site.has_directory
        await until(lambda: has_directory(txid), "oslo to have the account", within_ms=20_000)
        session = await panel.session(ADA.card_number)
        offered = {each["account_name"]: each for each in await panel.accounts(session)}
        assert set(offered) == {"research", WING}
        assert offered[WING]["balance_micros"] == WING_MICROS
        assert (await panel.log_in(ADA.card_number)).field("ask_for_account") is True
        await lab.cut("oslo")

        job = await scene.held()
        unchosen = await panel.release(session, job["job_uuid"])
        assert unchosen.reason == "account_to_be_chosen"
        chosen = await panel.release(session, job["job_uuid"], account_name=WING)
        assert chosen.expect("release")["decision"]["charge_account"] == WING
        await scene.branch.until_printed(DOCUMENT)

        visit = await visitors_job(scene)
        assert (visit["user_name"], visit["may_go"]) == ("emmy", True)
        refused = await panel.release(session, visit["job_uuid"])
        assert refused.reason == "not_your_job"
        desk = await panel.session(MARY.card_number)
        (await panel.release(desk, visit["job_uuid"])).expect("release as a manager")
        await scene.branch.until_printed(VISIT)
        assert await scene.spent_micros() == 0

        await lab.heal("oslo")

        async def booked() -> bool:
            balances = await api.ledger_balances()
            wing_micros, emmy_micros = balances[f"account:{WING}"], balances["user:emmy"]
            return (wing_micros, emmy_micros) == (
                WING_MICROS - COST_MICROS,
                EMMY_MICROS - VISIT_MICROS,
            )

        await until(booked, "the bills at headquarters", within_ms=30_000)
        facts = [entry.parsed() for entry in await api.entries("oslo")]
        released = [fact for fact in facts if isinstance(fact, JobReleased)]
        assert [each.by_user_name for each in released] == [None, "mary"]
