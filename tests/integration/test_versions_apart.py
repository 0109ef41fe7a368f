"""A site and a headquarters of different versions: schema, protocol, and kinds of entries."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import WSMsgType, web

from failure_modes.vocabulary import LinkState
from primary.pki import CertificateAuthority
from primary.store.disputes import disputes
from primary.store.readers import raise_min_reader
from primary.testing import SiteJournal
from replication.adapters.listen import listening
from replication.adapters.system_clock import SystemClock
from replication.journal import hash_of
from replication.wire_entry import WireEntry
from tests.integration.link_tools import (
    ADA,
    PATIENCE_S,
    balance_at,
    copied,
    joined,
    session_with,
    site_context,
    until,
)
from tests.integration.link_world import LOOPBACK, door_of, primary_end, site_end
from tests.integration.version_one import FROM_PRIMARY_1, FROM_SITE_1, LINEAGE, welcome_1

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.integration.link_world import PrimaryEnd

pytestmark = pytest.mark.timeout(60)


async def need_readers_of(primary: PrimaryEnd, version: int) -> None:
    """What a newer headquarters does once a person has said so."""
    await primary.directory.write(lambda connection: raise_min_reader(connection, version))


async def test_a_site_two_versions_behind_freezes_goes_on_deciding_and_catches_up_once_upgraded(
    tmp_path: Path,
) -> None:
    async with primary_end(tmp_path / "hq") as primary, asyncio.timeout(PATIENCE_S):
        identity = await joined(primary, tmp_path)
        async with site_end(identity, tmp_path / "site") as site:
            await site.watch.wait_for(LinkState.ONLINE)
            opening = balance_at(site)
            await primary.credit(ADA, 1_000, "readable")
            await until(lambda: balance_at(site) == opening + 1_000)
            await until(lambda: site.follow.done == primary.publisher.head().txid)
            last = site.follow.done
            await need_readers_of(primary, 3)
            await primary.credit(ADA, 500, "not readable")
            await until(lambda: bool(site.follow.frozen))
            assert (balance_at(site), site.follow.done) == (opening + 1_000, last)
            assert "Upgrade this site" in site.follow.frozen.alarm
            site.journal.append(copied(1, cost_micros=100))
            await until(lambda: site.exchange.done == 1)
        async with site_end(
            identity, tmp_path / "site", reader=3, journal=site.journal
        ) as upgraded:
            await until(lambda: balance_at(upgraded) == opening + 1_400)
            assert not upgraded.follow.frozen


async def test_what_came_while_a_site_was_away_is_applied_up_to_what_it_can_read(
    tmp_path: Path,
) -> None:
    async with primary_end(tmp_path / "hq") as primary, asyncio.timeout(PATIENCE_S):
        identity = await joined(primary, tmp_path)
        async with site_end(identity, tmp_path / "site") as site:
            await until(lambda: site.replica.ready)
            opening = balance_at(site)
        for number in range(3):
            before = primary.publisher.head().txid
            await primary.credit(ADA, 1_000, f"readable {number}")
            await until(lambda before=before: primary.publisher.head().txid > before)  # type: ignore[misc]
        readable = primary.publisher.head().txid
        await need_readers_of(primary, 3)
        await primary.credit(ADA, 500, "not readable")
        await until(lambda: primary.publisher.head().txid > readable)
        async with site_end(identity, tmp_path / "site") as site:
            await until(lambda: bool(site.follow.frozen))
            assert balance_at(site) == opening + 3_000


class OlderPrimary:
    """Headquarters as it was at version 1: no subprotocols, and no message but those of then."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.refused: list[str] = []

    @asynccontextmanager
    async def listening(self, authority: CertificateAuthority) -> AsyncIterator[int]:
        """Serve sites at that port."""
        app = web.Application()
        app.router.add_get("/v1/link", self._link)
        async with listening(app, door_of(authority)) as port:
            yield port

    async def _link(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(timeout=0.1)
        await socket.prepare(request)
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                self.refused.append(str(frame.type))
                break
            try:
                message = FROM_SITE_1.validate_json(frame.data)
            except ValueError as error:
                self.refused.append(str(error))
                break
            self.heard.append(message.type)
            await self._answer(socket, json.loads(frame.data))
        return socket

    async def _answer(self, socket: web.WebSocketResponse, said: dict[str, object]) -> None:
        match said["type"]:
            case "hello":
                assert said["protocol"] == 1
                await socket.send_str(welcome_1())
            case "beat":
                await socket.send_json({"type": "beat_ack", "number": said["number"]})
            case "entries":
                entries = said["entries"]
                assert isinstance(entries, list)
                await socket.send_json({"type": "ack", "seq": entries[-1]["seq"]})


async def test_a_site_hands_in_its_journal_at_a_headquarters_one_version_behind(
    tmp_path: Path,
) -> None:
    older = OlderPrimary()
    async with primary_end(tmp_path / "hq", with_litestream=False) as primary:
        identity = await joined(primary, tmp_path)
        async with (
            asyncio.timeout(PATIENCE_S),
            older.listening(primary.authority) as port,
            site_end(identity, tmp_path / "site", port=port) as site,
        ):
            for number in range(3):
                site.journal.append(copied(number))
            await until(lambda: site.exchange.done == 3)
            await until(lambda: older.heard.count("beat") > 2)
            assert site.client.version == 1
            assert site.client.refusal == ""
    assert older.refused == []
    assert set(older.heard) <= {"hello", "beat", "entries", "registers_have", "registers"}


async def test_a_site_one_version_behind_is_served_and_hears_nothing_that_is_new_to_it(
    tmp_path: Path,
) -> None:
    async with primary_end(tmp_path / "hq") as primary, asyncio.timeout(PATIENCE_S):
        identity = await joined(primary, tmp_path)
        url = f"https://{LOOPBACK}:{primary.port}/v1/link"
        journal = SiteJournal("oslo", identity.epoch)
        journal.printed("ada", 1_000)
        newer = replace(journal.printed("ada", 1_000), kind="hologram_printed", entry_hash="")
        journal.entries[-1] = replace(newer, entry_hash=hash_of(newer))
        async with (
            session_with(site_context(identity)) as session,
            session.ws_connect(url) as socket,
        ):
            assert socket.protocol is None
            await say(socket, "hello", protocol=1, site_name="oslo", epoch=1, journal_seq=2)
            await hear(socket, "welcome")
            await say(socket, "beat", number=1)
            await hear(socket, "beat_ack")
            entries = [WireEntry.of(entry).model_dump() for entry in journal.entries]
            await say(socket, "entries", entries=entries)
            await hear(socket, "ack")
            await primary.credit(ADA, 1_000, "while it listens")
            await hear(socket, "head")
        assert primary.ledger.head("oslo", 1).seq == 2
        with primary.ledger.read() as connection:
            (dispute,) = disputes(connection, after=0, limit=10, with_settled=False)
        assert "hologram_printed" in dispute.disputed


async def say(socket: aiohttp.ClientWebSocketResponse, kind: str, **fields: object) -> None:
    wall = {"wall_ms": 0} if kind == "hello" else {}
    await socket.send_json({"type": kind, **wall, **fields})


async def hear(socket: aiohttp.ClientWebSocketResponse, kind: str) -> None:
    """The next message of that kind; each on the way there must be one of version 1."""
    said = ""
    while said != kind:
        frame = await socket.receive()
        assert frame.type is WSMsgType.TEXT, frame
        said = FROM_PRIMARY_1.validate_json(frame.data).type


async def test_without_a_shared_version_both_say_what_to_upgrade_and_the_site_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with primary_end(tmp_path / "hq", with_litestream=False) as primary:
        identity = await joined(primary, tmp_path)
        async with (
            site_end(identity, tmp_path / "site", versions=(4, 3)) as site,
            asyncio.timeout(PATIENCE_S),
        ):
            await until(lambda: site.client.refusal != "")
            words = "This site speaks protocol 4 and 3; headquarters speaks 2 and 1."
            assert words in site.client.refusal
            assert "Upgrade headquarters" in site.client.refusal
            site.journal.append(copied(1))
        assert f"site oslo is refused: {words}" in caplog.text


async def test_headquarters_that_knows_no_subprotocols_is_named_as_the_one_to_upgrade(
    tmp_path: Path,
) -> None:
    authority = CertificateAuthority(tmp_path / "hq" / "pki", SystemClock())
    assert LINEAGE in welcome_1()
    async with primary_end(tmp_path / "hq", with_litestream=False) as primary:
        identity = await joined(primary, tmp_path)
        async with (
            asyncio.timeout(PATIENCE_S),
            OlderPrimary().listening(authority) as port,
            site_end(identity, tmp_path / "site", port=port, versions=(4, 3)) as site,
        ):
            await until(lambda: "Upgrade headquarters" in site.client.refusal)
