"""The least that a server of panels could do: plain aiohttp over TLS, plain SQLite behind it.

    python -m bench.plain_server IDENTITY_FOLDER DATABASE READY_FILE

`/read` answers with as many bytes as a list of jobs has; `/write` commits one row first, with the
same guarantees as a site (WAL, `synchronous=FULL`). It uses the site's own certificate and uvloop,
and writes the port where it listens into READY_FILE.
"""

from __future__ import annotations

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pysqlite3.dbapi2 as sqlite
import uvloop
from aiohttp import web

from replication.adapters.tls import server_context

ANSWER: Final = {"jobs": [{"job_uuid": "0" * 36, "job_name": "letter", "state": "held"}]}
INSERT: Final = "INSERT INTO facts (body) VALUES (?)"


class PlainServer:
    """Two handlers and one connection to a database, with a thread of its own."""

    def __init__(self, database: Path) -> None:
        self._connection = sqlite.connect(
            str(database), isolation_level=None, check_same_thread=False
        )
        for statement in (
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=FULL",
            "CREATE TABLE facts (id INTEGER PRIMARY KEY, body TEXT)",
        ):
            self._connection.execute(statement)
        self._thread = ThreadPoolExecutor(max_workers=1)

    async def read(self, _request: web.Request) -> web.Response:
        """Nothing but an answer."""
        return web.json_response(ANSWER)

    async def write(self, request: web.Request) -> web.Response:
        """A row on the disk, then the answer."""
        body = await request.text()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._connection.execute, INSERT, (body,))
        return web.json_response(ANSWER)


async def serve(identity: Path, database: Path, ready: Path) -> None:
    """Until the process is ended."""
    server, app = PlainServer(database), web.Application()
    app.router.add_get("/read", server.read)
    app.router.add_post("/write", server.write)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    context = server_context(cert=identity / "panel.pem", key=identity / "key.pem")
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    (_, port), *_ = runner.addresses
    partly = ready.with_suffix(".part")
    await asyncio.to_thread(partly.write_text, str(port))
    await asyncio.to_thread(partly.rename, ready)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(*map(Path, sys.argv[1:4])))
