"""The primary's machine is gone: a new one is made of a branch's copy and all journals."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from chaos.live.lab import open_lab
from tests.integration.disaster_scene import Disaster, plan_in

if TYPE_CHECKING:
    from pathlib import Path

    from chaos.live.admin_api import AdminApi

pytestmark = [pytest.mark.live, pytest.mark.timeout(240)]

PASSPHRASE = "correct horse battery"


async def test_a_new_primary_from_a_branch_knows_every_balance_to_the_micro(
    tmp_path: Path,
) -> None:
    async with open_lab(plan_in(tmp_path)) as lab:
        scene = Disaster(lab)
        await scene.begin("oslo", "lima")
        ada_micros = (await scene.ada())["balance_micros"]
        keys, passphrase = tmp_path / "keys", tmp_path / "passphrase"
        passphrase.write_text(f"{PASSPHRASE}\n")
        sealed = await scene.primary("backup-keys", "--to", keys, given=f"{PASSPHRASE}\n")
        assert sealed.exit_status == 0, sealed.errors
        await scene.copies_soon("lima", 2)
        await scene.settled()
        await lab.cut("lima")  # whose copy of the directory is the older one from now on
        await scene.copies_soon("oslo", 3)
        assert await scene.copies("lima")
        await lab.primary.api.adjust("ada", 500_000, request_id="before the fire")
        oslo, lima = lab.sites["oslo"], lab.sites["lima"]
        await scene.crash_primary()
        shutil.rmtree(lab.primary.server.data_folder)
        assert await scene.copies("oslo")

        tickets = tmp_path / "tickets"
        tickets.write_text(f"{await scene.ticket(lima)}\n{await scene.ticket(oslo)}\n")
        said = await scene.killed_and_done(
            *("rebuild", "--from-site", f"localhost:{lima.server.ports['device']}"),
            *("--from-site", f"localhost:{oslo.server.ports['device']}"),
            *("--ticket-file", tickets, "--keys", keys, "--passphrase-file", passphrase),
        )
        assert "finished" in said or "directory of site oslo" in said
        await scene.start_primary()
        await lab.heal("lima")
        await scene.settled()

        api = lab.primary.api
        ada = await scene.ada()
        assert ada["balance_micros"] in {
            ada_micros - scene.copied_micros + credit for credit in (0, 500_000)
        }
        await check_the_ledger_explains_every_balance(api)
        for site in (oslo, lima):
            shown = await site.admin.balance("ada")
            assert shown.effective_micros == ada["balance_micros"]
        (await api.adjust("ada", 250_000, request_id="after the fire")).expect("book a credit")
        assert (await scene.ada())["balance_micros"] == ada["balance_micros"] + 250_000
        await scene.copies_soon("lima")
        await scene.settled()


async def check_the_ledger_explains_every_balance(api: AdminApi) -> None:
    ledger = await api.ledger_balances()
    balances = {f"user:{name}": micros for name, micros in (await api.balances()).items()}
    assert {payer: micros for payer, micros in balances.items() if micros} == {
        payer: micros for payer, micros in ledger.items() if payer in balances and micros
    }
