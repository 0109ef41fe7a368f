"""What headquarters tells a node that asks, over the real door of the link."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest

from replication.adapters.tls import client_context
from replication.told import QUESTION_BYTES_MAX, TOLD_PATH, Told
from tests.integration.link_tools import joined, session_with, site_context, status_of
from tests.integration.link_world import LOOPBACK, primary_end

if TYPE_CHECKING:
    from pathlib import Path

    from site_server.adapters.identity import Identity
    from tests.integration.link_world import PrimaryEnd

pytestmark = pytest.mark.timeout(60)


async def ask(primary: PrimaryEnd, identity: Identity, question: str) -> tuple[int, str]:
    async with session_with(site_context(identity)) as session:
        url = f"https://{LOOPBACK}:{primary.port}{TOLD_PATH}"
        async with session.post(url, data=question.encode()) as response:
            return response.status, await response.text()


async def test_a_node_is_told_its_own_printers_and_the_user_it_asks_about(tmp_path: Path) -> None:
    async with primary_end(tmp_path / "hq", with_litestream=False) as primary:
        identity = await joined(primary, tmp_path)
        status, text = await ask(primary, identity, '{"user_name": "ada"}')
    assert status == 200
    told = Told.model_validate_json(text)
    assert [row["site_name"] for row in told.rows["printers"]] == ["oslo"]
    assert [row["user_name"] for row in told.rows["users"]] == ["ada"]
    assert "lima" not in text


@pytest.mark.parametrize(
    "question", ["", "hello", '{"user_name": 1}', "x" * (QUESTION_BYTES_MAX + 1)]
)
async def test_what_is_no_question_is_refused(tmp_path: Path, question: str) -> None:
    async with primary_end(tmp_path / "hq", with_litestream=False) as primary:
        identity = await joined(primary, tmp_path)
        status, text = await ask(primary, identity, question)
    assert status == 400
    assert "question" in text


async def test_a_fenced_node_is_told_nothing(tmp_path: Path) -> None:
    async with primary_end(tmp_path / "hq", with_litestream=False) as primary:
        identity = await joined(primary, tmp_path)
        await primary.directory.fence("oslo", "its disk was cloned")
        status, text = await ask(primary, identity, "{}")
    assert status == 403
    assert "cloned" in text


async def test_nobody_asks_without_a_certificate(tmp_path: Path) -> None:
    async with primary_end(tmp_path / "hq", with_litestream=False) as primary:
        stranger = client_context(ca_pem=primary.authority.pem)
        with pytest.raises(aiohttp.ClientError):
            await status_of(stranger, primary.port, TOLD_PATH)
