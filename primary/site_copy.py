"""Fetches the directory from a site that has a copy: the newest of those that were named.

The connection is verified by the CA certificate that the ticket brings, and by the site's host
name. What came is compared with the digest that the site told.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Final

import aiohttp
from pydantic import ValidationError
from yarl import URL

from primary.errors import ConfigError, PrimaryError
from replication.adapters.tls import client_context
from replication.rebuild_ticket import (
    DIRECTORY_PATH,
    SHA256_HEADER,
    STANDING_PATH,
    DirectoryStanding,
    RebuildTicket,
)

DEVICE_PORT: Final = 7310
"""Where a site's panels and administrators come in, unless its configuration says otherwise."""
ANSWER_S: Final = 60
"""For the answer to begin (the site makes its copy first), and between two pieces of it."""
PIECE_BYTES: Final = 256 * 1024
SAID_CHARS_MAX: Final = 500


class SiteCopyError(PrimaryError):
    """The site did not give its directory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Giver:
    """A site, and the ticket for it."""

    address: URL
    ticket: RebuildTicket


def giver_of(host: str, ticket: RebuildTicket) -> Giver:
    """The site at `HOST` or `HOST:PORT`. Errors: `ConfigError`."""
    try:
        address = URL(f"https://{host}")
        port = address.explicit_port or DEVICE_PORT
        return Giver(address=address.origin().with_port(port), ticket=ticket)
    except ValueError as error:
        raise ConfigError([f"--from-site: {host!r} is no HOST or HOST:PORT"]) from error


async def newest_of(givers: Sequence[Giver]) -> tuple[Giver, DirectoryStanding]:
    """The site whose directory is the newest by its heartbeat. Errors: `SiteCopyError`."""
    standings = [(giver, await _standing(giver)) for giver in givers]
    return max(standings, key=lambda each: (each[1].heartbeat_wall_ms, each[1].txid))


async def fetch_directory(giver: Giver, target: Path) -> None:
    """Put the copy into `target`. Errors: `SiteCopyError`."""
    digest = hashlib.sha256()
    try:
        async with _session(giver) as session, session.get(DIRECTORY_PATH) as response:
            await _check(giver, response)
            told = response.headers.get(SHA256_HEADER, "")
            with target.open("wb") as file:
                async for piece in response.content.iter_chunked(PIECE_BYTES):
                    await asyncio.to_thread(file.write, piece)
                    digest.update(piece)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise _unreachable(giver, error) from error
    if digest.hexdigest() != told:
        raise SiteCopyError(f"What {giver.address} gave is not whole. Run the command again.")


def told_of(standing: DirectoryStanding) -> str:
    """What is taken from where, for a person."""
    moment = datetime.fromtimestamp(standing.heartbeat_wall_ms / 1000, UTC)
    return (
        f"The directory of site {standing.site_name}: TXID {standing.txid} of lineage "
        f"{standing.lineage}, as of {moment:%Y-%m-%d %H:%M:%S} UTC."
    )


async def _standing(giver: Giver) -> DirectoryStanding:
    try:
        async with _session(giver) as session, session.get(STANDING_PATH) as response:
            await _check(giver, response)
            return DirectoryStanding.model_validate_json(await response.read())
    except (aiohttp.ClientError, OSError, TimeoutError, ValidationError) as error:
        raise _unreachable(giver, error) from error


def _session(giver: Giver) -> aiohttp.ClientSession:
    context = client_context(ca_pem=giver.ticket.ca_pem)
    return aiohttp.ClientSession(
        giver.address,
        connector=aiohttp.TCPConnector(ssl=context),
        headers={"Authorization": f"Bearer {giver.ticket.secret}"},
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=ANSWER_S, sock_read=ANSWER_S),
    )


async def _check(giver: Giver, response: aiohttp.ClientResponse) -> None:
    if response.status == HTTPStatus.OK:
        return
    said = (await response.text())[:SAID_CHARS_MAX]
    if response.status == HTTPStatus.UNAUTHORIZED:
        said = "the ticket is of another site, or older than an hour. Print a new one there"
    raise SiteCopyError(f"{giver.address} does not give its directory: {said}.")


def _unreachable(giver: Giver, error: Exception) -> SiteCopyError:
    said = str(error) or type(error).__name__
    return SiteCopyError(
        f"{giver.address} cannot be reached, or is not who the ticket says: {said}. The host must "
        "be one that the site joined with (holdfast-site join --host)."
    )
