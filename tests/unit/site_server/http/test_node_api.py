"""What a site server tells a secondary. The certificates are in tests/integration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiohttp.test_utils import TestClient, TestServer

from failure_modes.vocabulary import LinkState
from replication.peer import SitePeer
from replication.schema import directory as schema
from replication.told import TOLD_PATH, Question
from site_server.causes import Cause
from site_server.errors import RefusedError
from site_server.http.app import make_node_app
from site_server.service.answer_node import AnswerNode
from tests.unit.site_server.a_site import PRICE_MICROS, SITE, a_site, units

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.site_server.a_site import ASite

NODE = SitePeer(site_name="oslo-annex", epoch=1)
ADA = Question(user_name="ada")


def know_the_node(site: ASite, **fields: object) -> AnswerNode:
    values = {"site_name": NODE.site_name, "title": "Annex", "epoch": 1} | fields
    site.replica.put(schema.sites, **values)
    return AnswerNode(site.services.ground)


async def test_the_balance_that_is_told_is_the_one_that_counts_at_this_site(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        node = know_the_node(site)
        await site.release(await site.print_pdf("ada"))
        await site.settle()
        site.printer.gate.clear()
        await site.release(await site.print_pdf("ada"))
        told = node.answer(NODE, ADA)
        (balance,) = told.rows["balances"]
        assert balance["balance_micros"] == units(5) - 2 * 2 * PRICE_MICROS
        site.printer.gate.set()


async def test_the_state_of_the_answering_sites_link_is_told_with_it(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        node = know_the_node(site)
        site.link.state, site.link.offline_since_ms = LinkState.OFFLINE, site.clock.wall_ms()
        told = node.answer(NODE, ADA)
        assert told.link_state is LinkState.OFFLINE
        assert told.offline_since_ms == site.clock.wall_ms()


async def test_nothing_is_written_by_an_answer(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        know_the_node(site).answer(NODE, ADA)
        assert site.facts() == []
        assert site.money("ada").reserved_micros == 0


@pytest.mark.parametrize("fields", [{"state": "revoked"}, {"state": "fenced"}, {"epoch": 2}])
async def test_a_node_that_headquarters_shut_out_hears_nothing(
    tmp_path: Path, fields: dict[str, object]
) -> None:
    async with a_site(tmp_path) as site:
        with pytest.raises(RefusedError) as error:
            know_the_node(site, **fields).answer(NODE, ADA)
        assert error.value.reason == Cause.NOT_A_NODE


async def test_a_node_that_nobody_knows_hears_nothing(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        with pytest.raises(RefusedError):
            AnswerNode(site.services.ground).answer(NODE, ADA)


async def test_a_site_without_a_replica_says_so(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        node = know_the_node(site)
        site.replica.ready = False
        with pytest.raises(RefusedError) as error:
            node.answer(NODE, ADA)
        assert error.value.reason == "no_replica"


async def test_without_a_certificate_of_ours_the_door_is_shut(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        app = make_node_app(AnswerNode(site.services.ground))
        async with TestClient(TestServer(app)) as client:
            response = await client.post(TOLD_PATH, json={"user_name": "ada"})
            body = await response.json(content_type=None)
    assert (response.status, body["reason"]) == (403, Cause.NOT_A_NODE)
    assert SITE not in str(body)
