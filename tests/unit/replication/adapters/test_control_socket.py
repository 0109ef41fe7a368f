"""The control socket: question after question over one connection; no error outlives it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from replication.adapters.control_socket import ControlSocket, ControlSocketError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{"a": 1}'


class Server:
    """Answers with what it is given, in turn; an empty answer hangs up."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.asked: list[bytes] = []
        self.connections = 0
        self.ended = asyncio.Semaphore(0)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0])
                self.asked.append(head + await reader.readexactly(length))
                answer = self.answers.pop(0)
                if not answer:
                    break
                writer.write(answer)
        except EOFError:
            pass
        writer.close()
        self.ended.release()


@asynccontextmanager
async def asking(tmp_path: Path, server: Server) -> AsyncIterator[ControlSocket]:
    path = tmp_path / "control.sock"
    listening = await asyncio.start_unix_server(server.serve, str(path))
    socket = ControlSocket(path)
    try:
        async with asyncio.timeout(10):
            yield socket
    finally:
        socket.close()
        for _ in range(server.connections):
            await server.ended.acquire()
        listening.close()


async def test_questions_share_one_connection(tmp_path: Path) -> None:
    server = Server(OK, OK)
    async with asking(tmp_path, server) as socket:
        assert await socket.post("/sync", {"path": "x"}) == (HTTPStatus.OK, {"a": 1})
        assert await socket.post("/sync", {}) == (HTTPStatus.OK, {"a": 1})
    assert server.connections == 1
    assert server.asked[0].startswith(b"POST /sync HTTP/1.1\r\n")
    assert server.asked[0].endswith(b'{"path": "x"}')


async def test_a_refusal_is_an_answer(tmp_path: Path) -> None:
    said = OK.replace(b"200 OK", b"500 Internal Server Error")
    async with asking(tmp_path, Server(said)) as socket:
        status, _ = await socket.post("/sync", {})
    assert status is HTTPStatus.INTERNAL_SERVER_ERROR


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"220 mail.example.org ESMTP\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnoise",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"[:-2] + b"17",
        b"x" * 100_000,
    ],
)
async def test_what_is_no_answer_is_an_error_and_the_next_question_goes_out_anew(
    tmp_path: Path, answer: bytes
) -> None:
    server = Server(answer, OK)
    async with asking(tmp_path, server) as socket:
        with pytest.raises(ControlSocketError):
            await socket.post("/sync", {})
        assert await socket.post("/sync", {}) == (HTTPStatus.OK, {"a": 1})
    assert server.connections == 2


async def test_nobody_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ControlSocketError):
        await ControlSocket(tmp_path / "none.sock").post("/sync", {})


async def test_a_question_that_was_given_up_is_not_answered_to_the_next(tmp_path: Path) -> None:
    server = Server(OK[:-8], OK)
    async with asking(tmp_path, server) as socket:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await socket.post("/sync", {})
        assert await socket.post("/sync", {}) == (HTTPStatus.OK, {"a": 1})
    assert server.connections == 2
