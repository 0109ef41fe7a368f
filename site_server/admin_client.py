"""One question to the running site of a data folder, asked with its administration key."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from replication.adapters.listen import PORTS_FILE
from replication.adapters.tls import client_context
from site_server.adapters import identity as identities
from site_server.data_folder import DataFolder
from site_server.errors import NotRunningError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ANSWER_MS_MAX: Final = 10_000
HOST: Final = "localhost"
"""Every site's certificate names it."""


async def ask_site(
    data_dir: Path, path: str, question: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The answer to a GET, or to a POST of `question`.

    Errors: `NotRunningError`, `NotJoinedError`, and `RefusedError` with what the site says.
    """
    method = "GET" if question is None else "POST"
    folder = DataFolder(data_dir)
    ca_pem = identities.load(folder.identity).ca_pem
    try:
        port = json.loads((data_dir / PORTS_FILE).read_bytes())["device"]
        connector = aiohttp.TCPConnector(ssl=client_context(ca_pem=ca_pem))
        headers = {"Authorization": f"Bearer {folder.admin_key()}"}
        async with (
            asyncio.timeout(ANSWER_MS_MAX / 1000),
            aiohttp.ClientSession(connector=connector, headers=headers) as session,
            session.request(method, f"https://{HOST}:{port}{path}", json=question) as response,
        ):
            body: dict[str, Any] = await response.json(content_type=None)
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        raise NotRunningError from error
    if response.status != HTTPStatus.OK:
        said = {name: str(body.get(name, "")) for name in ("reason", "detail", "advice")}
        raise RefusedError(**said)
    return body
