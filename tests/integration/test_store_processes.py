"""A real primary that writes to a real store, and a real site that reads from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pytest

from chaos.live.lab import FAST_LINK, Lab, LabPlan, open_lab
from chaos.live.waiting import until
from chaos.live.wan_choice import WanChoice
from tests.integration.cutting_relay import cutting_relay
from tests.integration.nats_server import nats_server
from tests.integration.s3_server import s3_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.integration.nats_server import NatsServer
    from tests.integration.s3_server import S3Server

Server: TypeAlias = "S3Server | NatsServer"
WITHIN_MS = 30_000


@pytest.fixture(params=[s3_server, nats_server], ids=["s3", "nats"])
async def server(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Server]:
    async with request.param(tmp_path / "store server") as server:
        yield server


def plan(folder: Path, server: Server) -> LabPlan:
    folder.mkdir()
    return LabPlan(
        folder=folder,
        site_names=("oslo",),
        wan=WanChoice.RELAY,
        link_timing=FAST_LINK,
        primary_settings={"store": server.settings()},
    )


async def follows(lab: Lab, amount_micros: int) -> None:
    """What changes at headquarters is at the site soon."""
    api, site = lab.primary.api, lab.sites["oslo"]
    body = {"amount_micros": amount_micros, "comment": "test", "request_id": str(amount_micros)}
    (await api.post("/users/ada/adjustments", body)).expect("adjust a balance")
    txid = await api.txid()
    await until(lambda: site.has_directory(txid), "the change at the site", within_ms=WITHIN_MS)


async def test_a_site_comes_up_from_the_store_and_follows(tmp_path: Path, server: Server) -> None:
    async with (
        cutting_relay(server.port) as relay,
        open_lab(plan(tmp_path / "lab", server)) as lab,
    ):
        await lab.start_primary()
        await lab.start_site("oslo", {"source": server.settings(relay.port)})
        await follows(lab, 1_000_000)
        assert relay.given_bytes > 0
        config = str(lab.primary.server.config_path)
        doctor = await lab.primary.server.command("doctor", "--config", config)
        assert "store" in doctor


async def test_a_site_whose_store_is_out_of_reach_takes_headquarters(
    tmp_path: Path, server: Server
) -> None:
    async with (
        cutting_relay(1) as nowhere,
        open_lab(plan(tmp_path / "lab", server)) as lab,
    ):
        await lab.start_primary()
        await lab.start_site("oslo", {"source": server.settings(nowhere.port)})
        await follows(lab, 1_000_000)
        assert nowhere.given_bytes == 0
