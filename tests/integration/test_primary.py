"""The real primary: what it acknowledged outlives it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from primary.testing import SiteJournal
from replication.adapters.link_client import LinkAddress
from replication.adapters.tls import link_client_context
from replication.messages import Ack, Entries, Hello, parse_from_primary
from replication.wire_entry import WireEntry
from site_server.adapters.identity import Identity, join
from tests.integration.running_primary import (
    ADA_MICROS,
    OPENING_MICROS,
    Running,
    holdfast,
    initialised,
    running,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return initialised(tmp_path)


async def test_money_changed_over_the_api_is_still_there_after_a_restart(folder: Path) -> None:
    async with running(folder) as primary:
        assert (await primary.get("/health"))["ok"]
        status, _ = await primary.adjust(-1_000_000, "r1")
        assert status == 201
    assert primary.process.returncode == 0
    assert not (folder / "ports.json").exists()

    async with running(folder) as primary:
        totals = await primary.get("/api/v1/ledger/totals")
        assert await primary.ada_micros() == ADA_MICROS - 1_000_000
        assert totals["credits_micros"] + totals["debits_micros"] == OPENING_MICROS - 1_000_000


async def test_a_clean_restart_does_not_send_the_database_again(folder: Path) -> None:
    async with running(folder) as primary:
        await primary.adjust(-1_000_000, "r1")
    async with running(folder) as primary:
        await primary.adjust(-1_000_000, "r2")

    sizes = [path.stat().st_size for path in sorted((folder / "store" / "ltx" / "0").iterdir())]
    assert len(sizes) >= 4
    assert max(sizes[1:]) < sizes[0] / 2


async def test_what_was_acknowledged_before_a_kill_counts_once_after_it(folder: Path) -> None:
    acknowledged: set[str] = set()

    async def adjust_until_killed(primary: Running) -> None:
        number = 0
        while True:
            number += 1
            try:
                status, _ = await primary.adjust(-1_000, f"r{number}")
            except aiohttp.ClientError:
                return
            assert status == 201
            acknowledged.add(f"r{number}")
            if number == 20:
                asyncio.get_running_loop().call_later(0.03, primary.process.kill)

    async with running(folder) as primary:
        async with asyncio.timeout(60):
            await adjust_until_killed(primary)

    async with running(folder) as primary:
        ledgered = await request_ids(primary)
        assert acknowledged <= set(ledgered)
        assert len(ledgered) == len(set(ledgered)) <= len(acknowledged) + 1
        assert await primary.ada_micros() == ADA_MICROS - 1_000 * len(ledgered)
        for request_id in ledgered:
            status, again = await primary.adjust(-1_000, request_id)
            assert (status, again["repeated"]) == (200, True)
        assert await primary.ada_micros() == ADA_MICROS - 1_000 * len(ledgered)


async def request_ids(primary: Running) -> Sequence[str]:
    entries = await primary.get("/api/v1/ledger/entries?site=primary&limit=1000")
    bodies = [entry["body"] for entry in entries["items"]]
    return [body["request_id"] for body in bodies if body["request_id"]]


async def test_what_a_site_was_acknowledged_survives_a_kill(folder: Path, tmp_path: Path) -> None:
    journal = SiteJournal("oslo")
    async with running(folder) as primary:
        token = await asyncio.to_thread(holdfast, "token", "--site", "oslo", "--data", folder)
        address = LinkAddress(host="localhost", port=primary.ports["link"])
        identity = await join(token.stdout, tmp_path / "identity", address=address)
        async with connected(primary, identity) as link:
            for _ in range(5):
                journal.printed("ada", 100_000)
                await hand_in(link, journal)
            await primary.kill()

    async with running(folder) as primary:
        assert await primary.ada_micros() == ADA_MICROS - 500_000
        async with connected(primary, identity, journal_seq=5) as link:
            journal.printed("ada", 100_000)
            await hand_in(link, journal)
        assert await primary.ada_micros() == ADA_MICROS - 600_000
        totals = await primary.get("/api/v1/ledger/totals")
        assert totals["journals"][0] == {
            "site_name": "oslo",
            "epoch": 1,
            "entries": 6,
            "last_seq": 6,
            "disputed": 0,
        }
        assert (await primary.get("/health"))["link"]["detail"] == "0 of 2 sites"


@asynccontextmanager
async def connected(
    primary: Running, identity: Identity, journal_seq: int = 0
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    trust = link_client_context(
        cert=identity.cert_path, key=identity.key_path, ca_pem=identity.ca_pem
    )
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"https://localhost:{primary.ports['link']}/v1/link", ssl=trust) as link,
    ):
        hello = Hello(site_name="oslo", epoch=1, journal_seq=journal_seq, wall_ms=0)
        await link.send_str(hello.model_dump_json())
        yield link


async def hand_in(link: aiohttp.ClientWebSocketResponse, journal: SiteJournal) -> None:
    """Send the whole journal, as after each reconnect, and wait for the acknowledgement."""
    wire = [WireEntry.of(entry) for entry in journal.entries]
    await link.send_str(Entries(entries=wire).model_dump_json())
    async with asyncio.timeout(10):
        while True:
            message = parse_from_primary(await link.receive_str())
            if isinstance(message, Ack) and message.seq == journal.head.seq:
                return


async def test_a_wrong_key_is_refused_by_the_real_server(folder: Path) -> None:
    body = {"amount_micros": 1_000_000, "comment": "", "request_id": "r1"}

    async with running(folder) as primary:
        for key in ("", "wrong", primary.key[:-1]):
            status, _ = await primary.call("POST", "/api/v1/users/ada/adjustments", body, key=key)
            assert status == 401
        assert await primary.ada_micros() == ADA_MICROS
