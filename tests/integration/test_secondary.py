"""A print server without a replica, as real processes: who decides for it, and who pays for what.

The primary, a site server, the secondary and the printer are real; the relays are their WANs.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from chaos.history import Outcome
from chaos.live.lab import FAST_LINK, ORGANISATION, LabPlan, open_lab
from chaos.live.stock_client import Destination, StockClient
from chaos.live.waiting import until
from chaos.live.wan_choice import WanChoice
from chaos.pdf_writer import PageInk, write_document
from replication.adapters.tls import client_context, link_client_context
from replication.told import TOLD_PATH
from tests.integration.link_tools import status_of
from tests.integration.site_scene import COST_MICROS, OPENING_MICROS, site

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator
    from pathlib import Path

    from chaos.live.lab import Lab
    from chaos.live.nodes import SiteNode

pytestmark = [pytest.mark.live, pytest.mark.timeout(200)]

ANNEX = """
[[sites]]
name = "annex"
title = "Annex of Oslo"

[[printers]]
name = "annex-laser"
site = "annex"
uri = "ipp://127.0.0.1:1/ipp/print"
"""
QUEUE = """
[[printers]]
name = "annex-{mode}"
site = "annex"
uri = "ipp://127.0.0.1:1/ipp/print"
failure_mode = "{mode}"

[[queues]]
name = "{mode}"
site = "annex"
printer = "annex-{mode}"
hold = "none"
"""
MODES = ("print_unlogged", "print_and_log_later", "hold_until_reconnect", "auto")
LATER, HOLD, UNLOGGED = "print_and_log_later", "hold_until_reconnect", "print_unlogged"


@dataclass(slots=True)
class Story:
    """The nodes, and what has been sent."""

    lab: Lab
    oslo: SiteNode
    annex: SiteNode
    desktop: StockClient
    sent: int = 0

    async def print(self, queue_name: str, user_name: str = "ada") -> str:
        """Send a document of its own; its name."""
        self.sent += 1
        document = write_document(f"letter-{self.sent}", (PageInk.MONO, PageInk.COLOUR))
        to = Destination(port=self.annex.ipp_port, queue_name=queue_name, user_name=user_name)
        event = await self.desktop.print_with_ipptool(document, to)
        assert event.outcome is Outcome.OK, event.reason
        return document.name

    async def until_state(self, name: str, state: str) -> None:
        async def look() -> bool:
            jobs = await self.annex.admin.jobs()
            return any((job.job_name, job.state) == (name, state) for job in jobs)

        await until(look, f"{name} to be {state}", within_ms=30_000)

    async def until_status(self, name: str, value: object) -> None:
        async def look() -> bool:
            return bool((await self.status())[name] == value)

        await until(look, f"{name} to be {value}", within_ms=30_000)

    async def until_charged(self, jobs: int) -> None:
        async def look() -> bool:
            spent = OPENING_MICROS - await self.lab.primary.api.balance_micros("ada")
            return spent == jobs * COST_MICROS

        await until(look, f"{jobs} jobs to be charged", within_ms=30_000)

    async def restart(self) -> None:
        """Kill the secondary and all that it started, and start it again."""
        await self.annex.server.crash()
        await self.annex.start()

    async def is_well(self) -> bool:
        return (await self.annex.admin.health()).status == 200

    async def status(self) -> dict[str, Any]:
        return await self.annex.admin.status()

    async def kinds(self) -> list[str]:
        return [entry.kind for entry in await self.annex.admin.journal()]


@asynccontextmanager
async def story(folder: Path) -> AsyncIterator[Story]:
    organisation = folder / "organisation.toml"
    text = ORGANISATION.read_text("utf-8") + ANNEX
    organisation.write_text(text + "".join(QUEUE.format(mode=mode) for mode in MODES), "utf-8")
    plan = LabPlan(
        folder=folder,
        site_names=("oslo", "annex"),
        organisation=organisation,
        wan=WanChoice.RELAY,
        link_timing=FAST_LINK,
    )
    async with open_lab(plan) as lab:
        await lab.start_primary()
        printer = await lab.start_printer("annex")
        for mode in MODES:
            changed = await lab.primary.api.patch(
                f"/printers/annex-{mode}", {"printer_uri": printer.uri}
            )
            changed.expect("tell where the printer is")
        oslo = await lab.start_site("oslo", {"listen": {"node_port": 0}})
        asked = f"https://localhost:{oslo.server.ports['node']}"
        annex = await lab.start_site(
            "annex",
            {
                "": {"role": "secondary"},
                "secondary": {"ask": [asked], "down_ms": 500},
                "times": {"tick_ms": 300},
            },
        )
        txid = await lab.primary.api.txid()
        await until(lambda: oslo.has_directory(txid), "oslo's directory", within_ms=30_000)
        desk = folder / "desk"
        desk.mkdir()
        told = Story(lab, oslo, annex, StockClient(desk, annex.witness))
        await until(told.is_well, "the annex to know its queues", within_ms=30_000)
        yield told


async def test_a_secondary_prints_whoever_answers_and_every_job_is_charged_once(
    tmp_path: Path,
) -> None:
    async with story(tmp_path) as told:
        await told.until_state(await told.print(LATER), "printed")
        await told.until_charged(1)

        # The secondary's WAN is cut: the site server of the branch answers.
        await told.lab.cut("annex")
        await told.until_state(await told.print(HOLD), "printed")
        await told.until_status("decides", "site_server")
        assert (await told.kinds()).count("job_printed") == 2

        # The site server hangs, too: each printer's failure mode decides.
        told.oslo.server.child.pause()
        held, stranger = await every_mode(told)

        # The machine dies and comes back in the dark; it knows its queues and its log.
        await told.restart()
        assert (await told.status())["offline_log_records"] == 1
        await told.until_state(await told.print(LATER), "printed")
        await told.until_status("offline_log_records", 2)

        # Killed once more right after the charges were written; none of them is sent yet.
        told.oslo.server.child.resume()
        await told.until_status("offline_log_records", 0)
        await told.restart()

        # All is well again: what was held goes on, what was noted is charged, each once.
        await told.lab.heal("annex")
        await told.until_state(held, "printed")
        await told.until_charged(5)
        kinds = await told.kinds()
        assert (kinds.count("job_printed"), kinds.count("job_printed_late")) == (3, 2)
        await told.until_state(stranger, "held")
        printed = [found for found in told.lab.documents() if found.completed]
        assert len(printed) == len({found.sha256 for found in printed}) == 6
        assert await told.is_well()


async def every_mode(told: Story) -> tuple[str, str]:
    """Print under each mode while nobody answers; the jobs that are held."""
    unlogged, later = await told.print(UNLOGGED), await told.print(LATER)
    held, stranger = await told.print(HOLD), await told.print("auto", "a-stranger")
    for name in (unlogged, later):
        await told.until_state(name, "printed")
    for name in (held, stranger):
        await told.until_state(name, "held")
    status = await told.status()
    assert status["decides"] == "provider_mode"
    assert (status["offline_log_records"], status["offline_log_alarm"]) == (1, "quiet")
    said = await site("status", "--config", str(told.annex.server.config_path))
    assert (said.exit_status, said.errors) == (0, "")
    assert "offline_log_alarm" in said.output
    return held, stranger


async def test_a_site_server_answers_only_nodes_that_headquarters_approves(tmp_path: Path) -> None:
    async with story(tmp_path) as told:
        identity = told.annex.server.data_folder / "identity"
        ca_pem = (identity / "ca.pem").read_text("ascii")
        port = told.oslo.server.ports["node"]
        with pytest.raises(aiohttp.ClientError):
            await status_of(client_context(ca_pem=ca_pem), port, TOLD_PATH, name="localhost")
        ours = link_client_context(
            cert=identity / "cert.pem", key=identity / "key.pem", ca_pem=ca_pem
        )
        assert await asked(ours, port) == 200
        token = await told.lab.primary.join_token("annex", told.lab.wans["annex"].listen_port)
        anew = await site("join", "--data", str(tmp_path / "anew"), given=token)
        assert anew.exit_status == 0, anew.errors

        async def shut_out() -> bool:
            return await asked(ours, port) == 403

        await until(shut_out, "oslo to hear of it", within_ms=30_000)


async def asked(context: ssl.SSLContext, port: int) -> int:
    """The status of the answer to a question."""
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session,
        session.post(f"https://localhost:{port}{TOLD_PATH}", json={}) as response,
    ):
        return response.status
