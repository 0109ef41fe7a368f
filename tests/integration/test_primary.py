"""The real primary as a process: its command line, its API, its crashes."""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from primary.testing import SiteJournal
from replication.adapters.link_client import LinkAddress
from replication.adapters.tls import client_context, link_client_context
from replication.join_token import parse_token
from replication.messages import Ack, Entries, Hello, WireEntry, parse_from_primary
from site_server.adapters.identity import Identity, join

EXAMPLE = Path(__file__).parents[2] / "primary" / "example" / "organisation.toml"
ADA_MICROS = 20_000_000
OPENING_MICROS = 140_150_000
READY_S = 30


def holdfast(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "primary", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class Running:
    """A primary that runs, and a client of its API."""

    def __init__(self, folder: Path, process: asyncio.subprocess.Process) -> None:
        self.folder = folder
        self.process = process
        self.ports: dict[str, int] = json.loads((folder / "ports.json").read_text())
        self.key = (folder / "admin.key").read_text().strip()
        self.trust = client_context(ca_pem=(folder / "pki" / "ca.cert.pem").read_text())

    async def call(
        self, method: str, path: str, body: dict[str, Any] | None = None, key: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        address = f"https://localhost:{self.ports['api']}{path}"
        headers = {"Authorization": f"Bearer {self.key if key is None else key}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(method, address, json=body, ssl=self.trust) as response,
        ):
            return response.status, await response.json(content_type=None)

    async def get(self, path: str) -> dict[str, Any]:
        status, answer = await self.call("GET", path)
        assert status == 200, answer
        return answer

    async def adjust(self, amount_micros: int, request_id: str) -> tuple[int, dict[str, Any]]:
        body = {"amount_micros": amount_micros, "comment": "test", "request_id": request_id}
        return await self.call("POST", "/api/v1/users/ada/adjustments", body)

    async def ada_micros(self) -> int:
        balance = await self.get("/api/v1/users/ada/balance")
        return int(balance["balance_micros"])

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Running]:
    settings = folder.parent / "primary.toml"
    settings.write_text(
        f'data_dir = "{folder}"\n'
        'link = { listen_host = "127.0.0.1", port = 0, public_host = "hq.test" }\n'
        "api.port = 0\n"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "primary", "run", "--config", str(settings)),
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        await until_ready(process)
        yield Running(folder, process)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def until_ready(process: asyncio.subprocess.Process) -> None:
    assert process.stderr is not None
    said: list[bytes] = []
    async with asyncio.timeout(READY_S):
        while line := await process.stderr.readline():
            said.append(line)
            if b"ready" in line:
                return
    pytest.fail(b"".join(said).decode())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data_dir = tmp_path / "data"
    made = holdfast("init", "--from", EXAMPLE, "--data", data_dir)
    assert made.returncode == 0, made.stderr
    return data_dir


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


async def test_a_port_that_is_taken_is_told_with_what_to_do(folder: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = tmp_path / "taken.toml"
        settings.write_text(
            f'data_dir = "{folder}"\napi.port = {taken.getsockname()[1]}\n'
            'link = { listen_host = "127.0.0.1", port = 0 }\n'
        )
        refused = await asyncio.to_thread(holdfast, "run", "--config", settings)

    assert refused.returncode == 1
    assert "configure another port" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (folder / "ports.json").exists()


async def test_a_wrong_key_is_refused_by_the_real_server(folder: Path) -> None:
    body = {"amount_micros": 1_000_000, "comment": "", "request_id": "r1"}

    async with running(folder) as primary:
        for key in ("", "wrong", primary.key[:-1]):
            status, _ = await primary.call("POST", "/api/v1/users/ada/adjustments", body, key=key)
            assert status == 401
        assert await primary.ada_micros() == ADA_MICROS


async def test_the_command_line_asks_the_running_primary_for_a_join_token(folder: Path) -> None:
    ask = ("token", "--site", "oslo", "--data", folder)
    not_running = await asyncio.to_thread(holdfast, *ask)

    async with running(folder) as primary:
        plain = await asyncio.to_thread(holdfast, *ask)
        other = await asyncio.to_thread(holdfast, *ask, "--host", "proxy", "--port", "17300")
        unknown = await asyncio.to_thread(holdfast, "token", "--site", "rome", "--data", folder)

    assert not_running.returncode == 1
    assert "holdfast-primary run" in not_running.stderr
    token = parse_token(plain.stdout)
    assert (token.site_name, token.primary_host) == ("oslo", "hq.test")
    assert token.primary_port == primary.ports["link"]
    assert parse_token(other.stdout).primary_host == "proxy"
    assert parse_token(other.stdout).primary_port == 17300
    assert unknown.returncode == 1
    assert "knows no site 'rome'" in unknown.stderr


async def test_a_folder_has_one_running_primary_only(folder: Path) -> None:
    async with running(folder):
        second = await asyncio.to_thread(holdfast, "run", "--data", folder)

    assert second.returncode == 1
    assert "Another primary runs" in second.stderr


def test_a_folder_without_a_directory_cannot_be_run(tmp_path: Path) -> None:
    refused = holdfast("run", "--data", tmp_path)

    assert refused.returncode == 1
    assert "holdfast-primary init" in refused.stderr


def test_unknown_keys_of_the_configuration_are_told_all_at_once(tmp_path: Path) -> None:
    settings = tmp_path / "primary.toml"
    settings.write_text(f'data_dir = "{tmp_path}"\ncolour = 1\n[link]\nprot = 1\nport = -1\n')

    refused = holdfast("run", "--config", settings)

    assert refused.returncode == 2
    assert [line.split(": ")[1] for line in refused.stderr.splitlines()] == [
        "link.port",
        "link.prot",
        "colour",
    ]


def test_a_wrong_organisation_file_is_told_all_at_once_and_makes_nothing(tmp_path: Path) -> None:
    organisation = tmp_path / "organisation.toml"
    organisation.write_text(
        'currency = "EUR"\n'
        '[[users]]\nname = "ada"\nfull_name = "Ada"\nage = 36\n'
        '[[groups]]\nname = "staff"\ntitle = "Staff"\nmembers = ["bob"]\n'
    )

    refused = holdfast("init", "--from", organisation, "--data", tmp_path / "data")

    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 2
    assert "age: there is no such key" in refused.stderr
    assert "there is no user 'bob'" in refused.stderr
    assert not (tmp_path / "data").exists()


def test_a_file_that_is_not_there_is_a_wrong_input(tmp_path: Path) -> None:
    refused = holdfast("init", "--from", tmp_path / "no.toml", "--data", tmp_path / "data")

    assert refused.returncode == 2
    assert "cannot be read" in refused.stderr


def test_init_refuses_a_folder_that_has_a_directory(folder: Path) -> None:
    before = (folder / "directory.db").read_bytes()

    refused = holdfast("init", "--from", EXAMPLE, "--data", folder)

    assert refused.returncode == 1
    assert "choose another folder" in refused.stderr
    assert (folder / "directory.db").read_bytes() == before
