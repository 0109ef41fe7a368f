"""What the tests of the link do again and again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
from sqlalchemy import select

from chaos.live import waiting
from replication.adapters.tls import link_client_context
from replication.entry_bodies import CopyFinished, JobExpired, user_payer
from replication.ports import Micros, WallMs
from replication.registers import HeldJob
from replication.schema.directory import balances
from site_server.adapters.identity import (
    Identity,
    join,
)
from tests.integration.link_world import LOOPBACK, PrimaryEnd, SiteEnd

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from pathlib import Path

    from replication.entry_bodies import Body


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
