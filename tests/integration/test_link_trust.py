"""Who gets onto the site link, and by which certificate."""

from __future__ import annotations

import asyncio
import ssl
import stat
from typing import TYPE_CHECKING

import aiohttp
import pytest

from replication.adapters.system_clock import SystemClock
from replication.adapters.tls import client_context, link_client_context
from replication.join_token import parse_token
from replication.testing import ManualClock
from site_server.adapters.identity import (
    AlreadyJoinedError,
    JoinFailedError,
    join,
    load,
)
from tests.integration.link_world import LOOPBACK, primary_end

if TYPE_CHECKING:
    from pathlib import Path

from tests.integration.link_tools import PATIENCE_S, joined, session_with, site_context, status_of

pytestmark = pytest.mark.timeout(60)


async def test_the_identity_is_private_and_says_who_the_site_is(tmp_path: Path) -> None:
    async with primary_end(tmp_path / "hq", with_litestream=False) as primary:
        identity = await joined(primary, tmp_path)
    assert load(tmp_path / "identity") == identity
    assert (identity.site_name, identity.epoch, identity.card_key) == ("oslo", 1, bytes(32))
    for path in (tmp_path / "identity").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    assert stat.S_IMODE((tmp_path / "identity").stat().st_mode) == 0o700
    assert {path.name for path in (tmp_path / "identity").iterdir()} == {
        *("key.pem", "cert.pem", "ca.pem", "card.key", "site.json")
    }


async def test_a_token_is_good_once(tmp_path: Path) -> None:
    async with primary_end(tmp_path / "hq", with_litestream=False) as primary:
        token = await primary.token()
        await join(token, tmp_path / "first")
        with pytest.raises(JoinFailedError, match="used before"):
            await join(token, tmp_path / "second")
        site = primary.directory.site("oslo")
        assert site is not None
        assert site.epoch == 1
    assert not (tmp_path / "second").exists()


async def test_a_token_whose_hour_is_over_is_refused(tmp_path: Path) -> None:
    clock = ManualClock(wall_ms=SystemClock().wall_ms())
    async with primary_end(tmp_path / "hq", clock=clock, with_litestream=False) as primary:
        token = await primary.token()
        clock.advance(3_600_001)
        with pytest.raises(JoinFailedError, match="an expired join token needs a new one"):
            await join(token, tmp_path / "identity")
        site = primary.directory.site("oslo")
        assert site is not None
        assert site.epoch == 0
    assert list(tmp_path.iterdir()) == [tmp_path / "hq"]


async def test_a_folder_that_has_joined_is_never_overwritten(tmp_path: Path) -> None:
    async with primary_end(tmp_path / "hq", with_litestream=False) as primary:
        identity = await joined(primary, tmp_path)
        with pytest.raises(AlreadyJoinedError):
            await join(await primary.token(), tmp_path / "identity")
        assert load(tmp_path / "identity") == identity


async def test_nobody_without_a_certificate_gets_past_the_handshake(tmp_path: Path) -> None:
    async with primary_end(tmp_path / "hq", with_litestream=False) as primary:
        stranger = client_context(ca_pem=primary.authority.pem)
        for path in ("/v1/link", "/v1/join", "/v1/ltx/manifest", "/"):
            with pytest.raises(aiohttp.ClientError):
                await status_of(stranger, primary.port, path)


async def test_a_certificate_of_another_ca_is_refused(tmp_path: Path) -> None:
    async with (
        primary_end(tmp_path / "hq", with_litestream=False) as primary,
        primary_end(tmp_path / "other", with_litestream=False) as other,
    ):
        foreign = await joined(other, tmp_path)
        context = link_client_context(
            cert=foreign.cert_path, key=foreign.key_path, ca_pem=primary.authority.pem
        )
        with pytest.raises(aiohttp.ClientError):
            await status_of(context, primary.port, "/v1/ltx/manifest")


async def test_a_site_does_not_trust_a_primary_of_another_ca_or_name(tmp_path: Path) -> None:
    async with primary_end(tmp_path / "hq", with_litestream=False) as primary:
        identity = await joined(primary, tmp_path)
        right = site_context(identity)
        assert await status_of(right, primary.port, "/v1/ltx/manifest") == 200
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await status_of(right, primary.port, "/v1/ltx/manifest", name="hq.example")
        async with primary_end(tmp_path / "other", with_litestream=False) as other:
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await status_of(right, other.port, "/v1/ltx/manifest")


async def test_a_join_certificate_joins_and_does_nothing_else(tmp_path: Path) -> None:
    async with primary_end(tmp_path / "hq", with_litestream=False) as primary:
        token = parse_token(await primary.token())
        (tmp_path / "cert").write_text(token.cert_pem)
        (tmp_path / "key").write_text(token.key_pem)
        context = link_client_context(
            cert=tmp_path / "cert", key=tmp_path / "key", ca_pem=token.ca_pem
        )
        for path in ("/v1/link", "/v1/ltx/manifest", "/v1/ltx/file/x/y", "/elsewhere"):
            assert await status_of(context, primary.port, path) == 403
        identity = await joined(primary, tmp_path)
        async with session_with(site_context(identity)) as session:
            url = f"https://{LOOPBACK}:{primary.port}/v1/join"
            async with session.post(url, json={}) as response:
                assert response.status == 403


async def test_the_link_speaks_tls_1_3_where_both_ends_can_and_1_2_where_one_cannot(
    tmp_path: Path,
) -> None:
    async with primary_end(tmp_path / "hq", with_litestream=False) as primary:
        identity = await joined(primary, tmp_path)
        older = site_context(identity)
        older.maximum_version = ssl.TLSVersion.TLSv1_2
        assert await tls_version(site_context(identity), primary.port) == "TLSv1.3"
        assert await tls_version(older, primary.port) == "TLSv1.2"


async def tls_version(context: ssl.SSLContext, port: int) -> str:
    async with asyncio.timeout(PATIENCE_S):
        _, writer = await asyncio.open_connection(LOOPBACK, port, ssl=context)
    version = writer.get_extra_info("ssl_object").version()
    writer.transport.abort()
    return str(version)


async def test_files_of_another_lineage_or_name_are_not_there(tmp_path: Path) -> None:
    async with primary_end(tmp_path / "hq", with_litestream=False) as primary:
        identity = await joined(primary, tmp_path)
        (tmp_path / "hq" / "store" / "ltx" / "0").mkdir(parents=True)
        name = f"ltx/0/{1:016x}-{1:016x}.ltx"
        (tmp_path / "hq" / "store" / name).write_bytes(b"0123456789")
        context, port = site_context(identity), primary.port
        lineage = primary.publisher.lineage
        good = f"/v1/ltx/file/{lineage}/{name}"
        assert await status_of(context, port, good) == 200
        assert await status_of(context, port, f"/v1/ltx/file/{'0' * 32}/{name}") == 404
        assert await status_of(context, port, f"/v1/ltx/file/{lineage}/ltx/0/../../../pki") == 404
        assert await status_of(context, port, f"/v1/ltx/file/{lineage}/ltx/9/none.ltx") == 404
        assert await status_of(context, port, "/v1/ltx/manifest?after=x") == 400
        async with session_with(context) as session:
            url = f"https://{LOOPBACK}:{port}{good}"
            async with session.get(url, headers={"Range": "bytes=2-4"}) as response:
                assert (response.status, await response.read()) == (206, b"234")
