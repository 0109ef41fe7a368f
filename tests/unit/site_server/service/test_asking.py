"""Who is asked, in which order, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from failure_modes.vocabulary import Authority, LinkState
from replication.messages import Welcome
from replication.ports import WallMs
from replication.testing import ManualClock
from replication.told import Question
from site_server.service.asking import Asking, Patience, Patient
from site_server.service.testing import NodeDouble
from site_server.testing import StillLink
from tests.unit.site_server.a_site import SITE, replica_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DOWN_MS = 5_000
QUESTION = Question(user_name="ada")
WELCOME = Welcome(lineage="0" * 32, txid=1, watermark_seq=0, wall_ms=WallMs(0))


class Nodes:
    """Headquarters and two site servers that may be asked."""

    def __init__(self, folder: Path) -> None:
        self.directory = replica_in(folder)
        self.clock = ManualClock()
        self.link = StillLink()
        self.primary, self.first, self.second = (NodeDouble(self.directory, SITE) for _ in range(3))
        self.asking = Asking(
            self._patient(self.primary),
            [self._patient(self.first), self._patient(self.second)],
            self.link,
        )

    def _patient(self, node: NodeDouble) -> Patient:
        return Patient(node, self.clock, Patience(answer_ms=10, down_ms=DOWN_MS))

    def asked(self) -> list[int]:
        return [len(node.asked) for node in (self.primary, self.first, self.second)]


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Nodes]:
    opened = Nodes(tmp_path)
    yield opened
    opened.directory.close()


async def test_headquarters_is_not_asked_before_its_link_stands(nodes: Nodes) -> None:
    assert nodes.asking.decides is Authority.SITE_SERVER
    await nodes.asking.ask(QUESTION)
    assert nodes.asked() == [0, 1, 0]


async def test_headquarters_comes_first_while_its_link_stands(nodes: Nodes) -> None:
    woken: list[None] = []
    nodes.asking.on_up = lambda: woken.append(None)
    await nodes.asking.up(WELCOME)
    assert nodes.asking.decides is Authority.PRIMARY
    assert await nodes.asking.ask(QUESTION) is not None
    assert (nodes.asked(), len(woken)) == ([1, 0, 0], 1)
    nodes.asking.down()
    await nodes.asking.ask(QUESTION)
    assert nodes.asked() == [1, 1, 0]


async def test_headquarters_is_not_asked_while_an_administrator_pretends_that_it_is_away(
    nodes: Nodes,
) -> None:
    nodes.asking.link_is_up()
    nodes.link.state = LinkState.DRILL
    assert nodes.asking.decides is Authority.SITE_SERVER
    await nodes.asking.ask(QUESTION)
    assert nodes.asked() == [0, 1, 0]


async def test_a_node_that_hangs_is_waited_for_once(nodes: Nodes) -> None:
    nodes.asking.link_is_up()
    nodes.primary.hangs = nodes.first.hangs = True
    for _ in range(3):
        assert await nodes.asking.ask(QUESTION) is not None
    assert nodes.asked() == [1, 1, 3]
    nodes.clock.advance(DOWN_MS)
    await nodes.asking.ask(QUESTION)
    assert nodes.asked() == [2, 2, 4]


async def test_a_link_that_comes_back_forgives_headquarters_its_silence(nodes: Nodes) -> None:
    nodes.asking.link_is_up()
    nodes.primary.is_silent = True
    await nodes.asking.ask(QUESTION)
    nodes.primary.is_silent = False
    await nodes.asking.ask(QUESTION)
    assert nodes.asked() == [1, 2, 0]
    await nodes.asking.up(WELCOME)
    await nodes.asking.ask(QUESTION)
    assert nodes.asked() == [2, 2, 0]


async def test_who_decides_is_said_when_it_changes(
    nodes: Nodes, caplog: pytest.LogCaptureFixture
) -> None:
    for node in (nodes.first, nodes.second):
        node.is_silent = True
    assert await nodes.asking.ask(QUESTION) is None
    nodes.asking.link_is_up()
    for _ in range(2):
        await nodes.asking.ask(QUESTION)
    nodes.asking.down()
    await nodes.asking.ask(QUESTION)
    said = [record.message for record in caplog.records]
    assert said == ["jobs are decided by: primary", "jobs are decided by: provider_mode"]
