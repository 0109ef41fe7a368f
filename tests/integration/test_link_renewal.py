"""Certificates that end, over real TLS: what an expired one still opens, and what it does not."""

from __future__ import annotations

import asyncio
from functools import partial
from random import Random
from typing import TYPE_CHECKING

import aiohttp
import pytest

from primary.store import site_trust
from replication.adapters.link_client import LinkClient
from replication.adapters.system_clock import SystemClock
from replication.adapters.tls import link_client_context
from replication.join_token import parse_token
from replication.messages import Hello
from replication.testing import ManualClock
from site_server.adapters.ask_renewal import AskRenewal
from site_server.adapters.certificates import Certificates
from site_server.errors import RefusedRenewalError
from site_server.service.keep_certificate import KeepCertificate
from tests.integration.link_tools import joined, session_with, status_of, until
from tests.integration.link_world import LOOPBACK, QUICK_TIMES, primary_end, running

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    from replication.messages import AnyFromPrimary, Welcome
    from site_server.adapters.identity import Identity
    from tests.integration.link_world import PrimaryEnd

pytestmark = pytest.mark.timeout(60)

DAY_MS = 86_400_000
PATHS = ("/v1/link", "/v1/ltx/manifest", "/v1/told", "/v1/join", "/v1/ltx/file/x/y", "/elsewhere")


def clock_of_today() -> ManualClock:
    return ManualClock(wall_ms=SystemClock().wall_ms())


async def renew(context: ssl.SSLContext, port: int) -> tuple[int, str]:
    async with (
        session_with(context) as session,
        session.post(f"https://{LOOPBACK}:{port}/v1/renew") as response,
    ):
        return response.status, (await response.json(content_type=None)).get("type", "")


def renewal(identity: Identity, certificates: Certificates) -> AskRenewal:
    return AskRenewal(identity.primary, certificates.link)


async def test_an_expired_certificate_is_good_for_its_renewal_and_for_nothing_else(
    tmp_path: Path,
) -> None:
    clock = clock_of_today()
    async with primary_end(tmp_path / "hq", clock=clock, with_litestream=False) as primary:
        identity = await joined(primary, tmp_path)
        certificates, port = Certificates(identity), primary.port
        assert await status_of(certificates.link, port, "/v1/ltx/manifest") == 200
        clock.advance(40 * DAY_MS)
        for path in PATHS:
            assert await status_of(certificates.link, port, path) == 403, path
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            async with session_with(certificates.link) as session:
                await session.ws_connect(f"https://{LOOPBACK}:{port}/v1/link")
        certificates.keep(await renewal(identity, certificates).ask())
        certificates.take_into_use()
        assert await status_of(certificates.link, port, "/v1/ltx/manifest") == 200


async def test_one_that_is_too_old_revoked_or_foreign_is_not_renewed(tmp_path: Path) -> None:
    clock = clock_of_today()
    async with (
        primary_end(tmp_path / "hq", clock=clock, with_litestream=False) as primary,
        primary_end(tmp_path / "other", with_litestream=False) as other,
    ):
        identity = await joined(primary, tmp_path)
        foreign = await joined(other, tmp_path / "other")
        wrong = link_client_context(
            cert=foreign.cert_path, key=foreign.key_path, ca_pem=primary.authority.pem
        )
        with pytest.raises(aiohttp.ClientError):
            await renew(wrong, primary.port)
        join = await join_context(primary, tmp_path)
        assert await renew(join, primary.port) == (403, "urn:holdfast:problem:wrong_certificate")
        certificates = Certificates(identity)
        clock.advance(31 * DAY_MS)
        await primary.directory.write(lambda one: site_trust.revoke(one, "oslo", "stolen"))
        with pytest.raises(RefusedRenewalError, match="revoked at headquarters: stolen"):
            await renewal(identity, certificates).ask()
        await primary.directory.write(lambda one: site_trust.lift(one, "oslo"))
        with pytest.raises(RefusedRenewalError, match="holdfast-primary token"):
            await renewal(identity, certificates).ask()
        anew = await joined(primary, tmp_path / "anew")
        assert anew.epoch == 2
        clock.advance(211 * DAY_MS)
        with pytest.raises(RefusedRenewalError, match="too long ago"):
            await renewal(anew, Certificates(anew)).ask()


async def join_context(primary: PrimaryEnd, folder: Path) -> ssl.SSLContext:
    token = parse_token(await primary.token())
    (folder / "token.cert").write_text(token.cert_pem)
    (folder / "token.key").write_text(token.key_pem)
    return link_client_context(
        cert=folder / "token.cert", key=folder / "token.key", ca_pem=token.ca_pem
    )


async def test_a_site_that_comes_back_after_forty_days_renews_by_itself_and_is_linked(
    tmp_path: Path,
) -> None:
    clock = clock_of_today()
    async with primary_end(tmp_path / "hq", clock=clock, with_litestream=False) as primary:
        identity = await joined(primary, tmp_path)
        clock.advance(40 * DAY_MS)
        certificates = Certificates(identity)
        hello = Hello(site_name="oslo", epoch=1, journal_seq=0, wall_ms=clock.wall_ms())
        client = LinkClient(
            address=identity.primary,
            context=certificates.link,
            hello=lambda: hello,
            chance=Random(1),
            times=QUICK_TIMES,
        )
        keeper = KeepCertificate(
            files=certificates,
            asking=renewal(identity, certificates),
            clock=clock,
            chance=Random(1),
        )
        client.on_shut_out = keeper.shut_out
        assert keeper.standing.days_left < 0
        linked = asyncio.Event()

        class Listener:
            async def up(self, welcome: Welcome) -> None:
                del welcome
                linked.set()

            async def heard(self, message: AnyFromPrimary) -> None:
                pass

            def down(self) -> None:
                pass

        async with running(partial(client.run, [keeper, Listener()]), keeper.run):
            await until(linked.is_set)
            await until(lambda: keeper.standing.days_left >= 29)
        site = primary.directory.site("oslo")
        assert site is not None
        assert site.certificate_until_wall_ms == certificates.validity.until_ms
