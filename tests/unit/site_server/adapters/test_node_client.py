"""One node asked over HTTP: good answers, refusals, babble and silence."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from failure_modes.vocabulary import LinkState
from replication.told import TOLD_BYTES_MAX, TOLD_PATH, Question, Told
from site_server.adapters.node_client import NodeClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TOLD = Told(rows={"users": [{"user_name": "ada", "enabled": True}]}, link_state=LinkState.ONLINE)


class Node:
    """A node that answers what the test says."""

    def __init__(self) -> None:
        self.body = TOLD.model_dump_json()
        self.status = 200
        self.asked: list[Question] = []
        self.base = URL()

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(Question.model_validate_json(await request.read()))
        return web.Response(text=self.body, status=self.status)


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    node, app = Node(), web.Application()
    app.router.add_post(TOLD_PATH, node.answer)
    async with TestServer(app) as server:
        node.base = server.make_url("/")
        yield node


async def ask(base: URL, times: int = 1) -> list[Told | None]:
    async with aiohttp.ClientSession() as session:
        client = NodeClient(base, session, ssl.create_default_context())
        return [await client.ask(Question(user_name="ada")) for _ in range(times)]


async def test_an_answer_comes_whole_and_keeps_its_types(node: Node) -> None:
    assert await ask(node.base) == [TOLD]
    assert node.asked == [Question(user_name="ada")]


@pytest.mark.parametrize("body", ["", "hello", '{"rows": 1}', "x" * (TOLD_BYTES_MAX + 1)])
async def test_babble_is_no_answer(node: Node, body: str) -> None:
    node.body = body
    assert await ask(node.base) == [None]


async def test_a_refusal_is_no_answer_and_is_said_once(
    node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    node.status, node.body = 403, "switched off"
    assert await ask(node.base, times=3) == [None, None, None]
    said = [record.message for record in caplog.records]
    assert len(said) == 1
    assert "HTTP 403: switched off" in said[0]


async def test_nobody_there_is_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    assert await ask(URL("http://127.0.0.1:1/")) == [None]
    assert "does not answer" in caplog.text
