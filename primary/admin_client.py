"""The running primary's API, as the command line of the same machine calls it."""

import asyncio
import json
from pathlib import Path
from typing import Any, Final

import aiohttp

from primary.errors import NotRunningError, RefusedError
from primary.service.organisation import ADMIN_KEY_FILE
from replication.adapters.listen import PORTS_FILE
from replication.adapters.tls import client_context

CALL_TIMEOUT_S: Final = 15
FIRST_ERROR_STATUS: Final = 400


async def call_primary(
    data_dir: Path, method: str, path: str, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    """What the primary of this data folder answers. Errors: `NotRunningError`, `RefusedError`."""
    address, key, ca_pem = await asyncio.to_thread(_address_of, data_dir)
    try:
        async with (
            asyncio.timeout(CALL_TIMEOUT_S),
            aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as session,
            session.request(
                method, f"{address}{path}", json=body, ssl=client_context(ca_pem=ca_pem)
            ) as response,
        ):
            answer: dict[str, Any] = await response.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise NotRunningError from error
    if response.status >= FIRST_ERROR_STATUS:
        raise RefusedError(str(answer.get("detail", answer)))
    return answer


def _address_of(data_dir: Path) -> tuple[str, str, str]:
    try:
        ports = json.loads((data_dir / PORTS_FILE).read_text("ascii"))
        key = (data_dir / ADMIN_KEY_FILE).read_text("ascii").strip()
        ca_pem = (data_dir / "pki" / "ca.cert.pem").read_text("ascii")
    except FileNotFoundError as error:
        raise NotRunningError from error
    return f"https://localhost:{ports['api']}", key, ca_pem
