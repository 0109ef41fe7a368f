"""The site link end to end: join, journal up, directory down, registers sideways, and refusals."""

from __future__ import annotations

import asyncio
import ssl
import stat
from typing import TYPE_CHECKING

import aiohttp
import pytest
from sqlalchemy import select

from chaos.live import waiting
from chaos.live.relay import RelayMaker
from failure_modes.vocabulary import LinkState
from replication.adapters.tls import client_context, link_client_context
from replication.entry_bodies import CopyFinished, JobExpired, user_payer
from replication.join_token import parse_token
from replication.ports import Micros, WallMs
from replication.registers import HeldJob
from replication.schema.directory import balances
from replication.testing import ManualClock, MemoryJournal
from site_server.adapters.identity import (
    AlreadyJoinedError,
    Identity,
    JoinFailedError,
    join,
    load,
)
from tests.integration.link_world import LOOPBACK, PrimaryEnd, SiteEnd, primary_end, site_end

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from replication.entry_bodies import Body

pytestmark = pytest.mark.timeout(60)
ADA = user_payer("ada")
PATIENCE_S = 20


def copied(number: int, cost_micros: int = 1_000) -> Body:
    return CopyFinished(
        copy_uuid=f"00000000-0000-0000-0000-{number:012d}",
        user_name="ada",
        printer_name="oslo-laser",
        payer=ADA,
        cost_micros=cost_micros,
        mono_pages=1,
        colour_pages=0,
    )


def expired(number: int) -> Body:
    return JobExpired(job_uuid=f"00000000-0000-0000-0000-{number:012d}")


def held_job(number: int, site_name: str) -> HeldJob:
    return HeldJob(
        job_uuid=f"00000000-0000-0000-0000-{number:012d}",
        site_name=site_name,
        user_name="ada",
        queue_name="oslo-secure",
        job_name="report",
        pages=3,
        cost_micros=Micros(150_000),
        state="held",
        updated_wall_ms=WallMs(1_800_000_000_000),
    )


def balance_at(site: SiteEnd, payer: str = ADA) -> int:
    with site.replica.snapshot() as connection:
        found = connection.execute(
            select(balances.c.balance_micros).where(balances.c.payer == payer)
        )
        return int(found.scalar_one())


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that no event tells of."""

    async def probe() -> bool:
        return condition()

    await waiting.until(probe, "the link", within_ms=PATIENCE_S * 1000, every_ms=10)


async def joined(primary: PrimaryEnd, folder: Path, site_name: str = "oslo") -> Identity:
    return await join(await primary.token(site_name), folder / "identity")


async def test_a_new_site_joins_copies_the_directory_and_hands_in_its_journal(
    tmp_path: Path,
) -> None:
    async with primary_end(tmp_path / "hq") as primary:
        identity = await joined(primary, tmp_path)
        async with site_end(identity, tmp_path / "site") as site, asyncio.timeout(PATIENCE_S):
            await site.watch.wait_for(LinkState.ONLINE)
            opening = balance_at(site)
            assert opening == primary.directory.balance_micros(ADA)
            for number in range(3):
                site.journal.append(copied(number, cost_micros=1_000))
            await until(lambda: balance_at(site) == opening - 3_000)
            assert site.exchange.done == 3
            assert primary.directory.watermark("oslo", identity.epoch).seq == 3


async def test_a_change_at_headquarters_is_seen_at_the_site_within_moments(
    tmp_path: Path,
) -> None:
    async with primary_end(tmp_path / "hq") as primary:
        identity = await joined(primary, tmp_path)
        async with site_end(identity, tmp_path / "site") as site, asyncio.timeout(PATIENCE_S):
            await site.watch.wait_for(LinkState.ONLINE)
            before = balance_at(site)
            for number in range(10):
                await primary.credit(ADA, 1_000_000, f"request {number}")
                await until(lambda: balance_at(site) == primary.directory.balance_micros(ADA))
            assert balance_at(site) == before + 10_000_000


async def test_a_held_job_of_one_site_is_in_the_index_of_the_other(tmp_path: Path) -> None:
    async with primary_end(tmp_path / "hq") as primary:
        oslo = await joined(primary, tmp_path / "o", "oslo")
        lima = await joined(primary, tmp_path / "l", "lima")
        async with (
            site_end(oslo, tmp_path / "o" / "site") as at_oslo,
            site_end(lima, tmp_path / "l" / "site") as at_lima,
            asyncio.timeout(PATIENCE_S),
        ):
            job = held_job(1, "oslo")
            await at_oslo.registers.put_held_job(job)
            while await at_lima.registers.held_jobs() != (job,):
                await at_lima.registers.wait_beyond(at_lima.registers.versions)
            await at_oslo.registers.drop_held_job(job.job_uuid)
            while await at_lima.registers.held_jobs():
                await at_lima.registers.wait_beyond(at_lima.registers.versions)
            assert await primary.registers.held_jobs() == ()


async def test_a_wan_that_goes_silent_is_noticed_and_its_healing_too(tmp_path: Path) -> None:
    wans = RelayMaker()
    async with primary_end(tmp_path / "hq") as primary:
        wan = await wans.open("oslo", primary.port)
        identity = await joined(primary, tmp_path)
        async with (
            site_end(identity, tmp_path / "site", port=wan.listen_port) as site,
            asyncio.timeout(PATIENCE_S),
        ):
            await site.watch.wait_for(LinkState.ONLINE)
            opening = balance_at(site)
            await wan.cut()
            site.journal.append(copied(1, cost_micros=5_000))
            await primary.credit(ADA, 7_000, "while the WAN was cut")
            await site.watch.wait_for(LinkState.OFFLINE)
            assert balance_at(site) == opening
            await wan.heal()
            await site.watch.wait_for(LinkState.ONLINE)
            await until(lambda: balance_at(site) == opening + 2_000)
            assert site.exchange.done == 1
        await wans.close()


async def test_a_restarted_site_goes_on_where_it_was_and_nothing_counts_twice(
    tmp_path: Path,
) -> None:
    async with primary_end(tmp_path / "hq") as primary:
        identity = await joined(primary, tmp_path)
        journal = MemoryJournal(site_name="oslo", epoch=identity.epoch)
        opening = primary.directory.balance_micros(ADA)
        for number in range(3):
            journal.append(copied(number, cost_micros=1_000))
            async with site_end(identity, tmp_path / "site", journal=journal) as site:
                await until(lambda: site.exchange.done == journal.head().seq)
        assert primary.directory.balance_micros(ADA) == (opening or 0) - 3_000


async def test_a_site_without_its_wan_rebuilds_a_lost_replica_from_its_mirror(
    tmp_path: Path,
) -> None:
    async with primary_end(tmp_path / "hq") as primary:
        identity = await joined(primary, tmp_path)
        async with site_end(identity, tmp_path / "site") as site:
            await until(lambda: site.replica.ready)
            was = balance_at(site)
    for lost in (tmp_path / "site").glob("replica.*"):
        lost.unlink()
    async with site_end(identity, tmp_path / "site") as site:
        await until(lambda: site.replica.ready)
        assert balance_at(site) == was


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
    two_hours_ago = ManualClock(wall_ms=1_600_000_000_000)
    async with primary_end(tmp_path / "hq", clock=two_hours_ago, with_litestream=False) as primary:
        with pytest.raises(JoinFailedError, match="Nothing was changed"):
            await join(await primary.token(), tmp_path / "identity")
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


async def test_a_cloned_site_is_fenced_told_why_and_stops_calling(tmp_path: Path) -> None:
    async with primary_end(tmp_path / "hq", with_litestream=False) as primary:
        identity = await joined(primary, tmp_path)
        journal = MemoryJournal(site_name="oslo", epoch=identity.epoch)
        journal.append(copied(1))
        journal.append(copied(2))
        async with site_end(identity, tmp_path / "site", journal=journal) as site:
            await until(lambda: site.exchange.done == 2)
            clone = MemoryJournal(site_name="oslo", epoch=identity.epoch)
            clone.append(copied(1))
            clone.append(copied(9))
            clone.append(copied(10))
        async with site_end(identity, tmp_path / "site", journal=clone) as site:
            await until(lambda: "cloned" in site.client.refusal)
            row = primary.directory.site("oslo")
            assert row is not None
            assert row.state == "fenced"
            assert row.state_reason == site.client.refusal
            assert primary.directory.watermark("oslo", identity.epoch).seq == 2
        assert await status_of(site_context(identity), primary.port, "/v1/ltx/manifest") == 403


async def test_a_journal_that_lost_its_end_is_fenced_before_it_grows_again(
    tmp_path: Path,
) -> None:
    async with primary_end(tmp_path / "hq", with_litestream=False) as primary:
        identity = await joined(primary, tmp_path)
        journal = MemoryJournal(site_name="oslo", epoch=identity.epoch)
        for number in range(5):
            journal.append(copied(number))
        async with site_end(identity, tmp_path / "site", journal=journal) as site:
            await until(lambda: site.exchange.done == 5)
        journal.cut_back(3)
        async with site_end(identity, tmp_path / "site", journal=journal) as site:
            await until(lambda: "rolled back" in site.client.refusal)


async def test_the_old_installation_of_a_site_that_joined_again_is_refused(
    tmp_path: Path,
) -> None:
    async with primary_end(tmp_path / "hq", with_litestream=False) as primary:
        old = await joined(primary, tmp_path / "old")
        new = await joined(primary, tmp_path / "new")
        assert (old.epoch, new.epoch) == (1, 2)
        async with site_end(old, tmp_path / "old" / "site") as site:
            await until(lambda: "installed anew" in site.client.refusal)
        async with site_end(new, tmp_path / "new" / "site") as site:
            site.journal.append(copied(1))
            await until(lambda: site.exchange.done == 1)


async def test_a_site_that_is_fenced_while_connected_hears_of_it(tmp_path: Path) -> None:
    async with primary_end(tmp_path / "hq", with_litestream=False) as primary:
        identity = await joined(primary, tmp_path)
        async with site_end(identity, tmp_path / "site") as site:
            site.journal.append(copied(1))
            await until(lambda: site.exchange.done == 1)
            await primary.directory.fence("oslo", "a person wants to look")
            await until(lambda: site.client.refusal == "a person wants to look")


async def test_a_long_backlog_is_handed_in_whole_and_in_order(tmp_path: Path) -> None:
    async with primary_end(tmp_path / "hq", with_litestream=False) as primary:
        identity = await joined(primary, tmp_path)
        journal = MemoryJournal(site_name="oslo", epoch=identity.epoch)
        for number in range(5_000):
            journal.append(expired(number))
        async with site_end(identity, tmp_path / "site", journal=journal) as site:
            await until(lambda: site.exchange.done == 5_000)
        assert primary.ledger.head("oslo", identity.epoch) == journal.head()


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


def site_context(identity: Identity) -> ssl.SSLContext:
    return link_client_context(
        cert=identity.cert_path, key=identity.key_path, ca_pem=identity.ca_pem
    )


def session_with(context: ssl.SSLContext) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context))


async def status_of(context: ssl.SSLContext, port: int, path: str, *, name: str = LOOPBACK) -> int:
    url = f"https://{LOOPBACK}:{port}{path}"
    async with (
        asyncio.timeout(PATIENCE_S),
        session_with(context) as session,
        session.get(url, server_hostname=name) as response,
    ):
        return response.status
