"""Who this site is: its key, its certificate, and the CA that it trusts, in `identity/`.

The key is made here and never leaves. The folder appears whole or not at all: what a crash leaves
of an attempt to join has another name and is deleted by the next attempt. A folder that is there is
never overwritten: entries of its epoch may wait in the journal, and no other identity can send
them.
"""

from __future__ import annotations

import asyncio
import shutil
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import aiohttp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from yarl import URL

from replication.adapters.link_client import LinkAddress
from replication.adapters.private_file import make_private_folder, sync_folder, write_private
from replication.adapters.tls import link_client_context
from replication.errors import BadJoinTokenError
from replication.join_token import JoinAnswer, JoinRequest, JoinToken, parse_token
from replication.messages import SiteName
from site_server.errors import NotJoinedError, SiteError

if TYPE_CHECKING:
    from collections.abc import Sequence

JOIN_MS: Final = 30_000
ANSWER_CHARS_MAX: Final = 2_000
"""Of a refusal that is shown to a person."""


class AlreadyJoinedError(SiteError):
    """This data folder has joined already. Add --again to give it a new epoch: its journal goes on.

    To install another site, take an empty data folder.
    """


class OtherSiteError(SiteError):
    """The token is for another site than this data folder's. Nothing was changed."""


class JoinFailedError(SiteError):
    """Headquarters did not let this site join. Nothing was changed here."""


class DamagedIdentityError(SiteError):
    """The folder identity/ cannot be read. Restore it from a backup, or join with a new folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A site that has joined. The certificate is also that of its own panels."""

    site_name: str
    epoch: int
    primary: LinkAddress
    cert_path: Path
    key_path: Path
    ca_path: Path
    ca_pem: str
    card_key: bytes


class _SiteFile(BaseModel):
    """`site.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    site_name: SiteName
    epoch: Annotated[int, Field(ge=1)]
    primary_host: str
    primary_port: Annotated[int, Field(ge=1, le=65535)]


def load(folder: Path) -> Identity:
    """The identity in `folder`. Errors: `NotJoinedError`, `DamagedIdentityError`."""
    if not folder.is_dir():
        raise NotJoinedError
    try:
        site = _SiteFile.model_validate_json((folder / "site.json").read_bytes())
        ca_path = folder / "ca.pem"
        ca_pem = ca_path.read_text("ascii")
        card_key = bytes.fromhex((folder / "card.key").read_text("ascii"))
    except (OSError, ValueError) as error:
        raise DamagedIdentityError(f"{DamagedIdentityError.__doc__} ({error})") from error
    return Identity(
        site_name=site.site_name,
        epoch=site.epoch,
        primary=LinkAddress(host=site.primary_host, port=site.primary_port),
        cert_path=folder / "cert.pem",
        key_path=folder / "key.pem",
        ca_path=ca_path,
        ca_pem=ca_pem,
        card_key=card_key,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a site wants to join.

    `hosts`: names of this machine, for its panels' certificate. `address`: where to dial, where
    that is not what the token says (a tunnel, a forwarded port). `again`: the same site gets a new
    epoch, and the former identity stays beside it.
    """

    hosts: Sequence[str] = ()
    address: LinkAddress | None = None
    again: bool = False


Ask = Callable[[Path, JoinToken, LinkAddress, JoinRequest], Awaitable[JoinAnswer]]
"""Brings the request to headquarters with the token's certificate, for which it may use a folder.
Errors: `BadJoinTokenError`, `JoinFailedError`."""


async def join(
    token_text: str,
    folder: Path,
    *,
    hosts: Sequence[str] = (),
    address: LinkAddress | None = None,
    again: bool = False,
) -> Identity:
    """Use up the token and keep in `folder` what headquarters gives for it; see `Wish`.

    Errors: `BadJoinTokenError`, `AlreadyJoinedError`, `OtherSiteError`, `JoinFailedError`.
    """
    return await join_by(_ask, token_text, folder, Wish(hosts=hosts, address=address, again=again))


async def join_by(ask: Ask, token_text: str, folder: Path, wish: Wish) -> Identity:
    """Join, with the one call to headquarters made by `ask`. Errors: as `join`."""
    token = parse_token(token_text)
    if wish.again:
        _check_same(folder, token)
    dial = wish.address or LinkAddress(host=token.primary_host, port=token.primary_port)
    beside = _folder_beside(folder, again=wish.again)
    try:
        key = ec.generate_private_key(ec.SECP256R1())
        request = JoinRequest(csr_pem=_csr_pem(key, token.site_name), hosts=list(wish.hosts))
        _fill(beside, key, token, await ask(beside, token, dial, request), dial)
        if wish.again:
            _set_aside(folder)
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    sync_folder(folder.parent)
    return load(folder)


def _check_same(folder: Path, token: JoinToken) -> None:
    if folder.is_dir() and load(folder).site_name != token.site_name:
        raise OtherSiteError


def _set_aside(folder: Path) -> None:
    """Keep the former identity, the newest of them only."""
    if not folder.is_dir():
        return
    former = folder.with_name(f"{folder.name}.former")
    shutil.rmtree(former, ignore_errors=True)
    folder.rename(former)


def _folder_beside(folder: Path, *, again: bool) -> Path:
    if folder.exists() and not again:
        raise AlreadyJoinedError
    beside = folder.with_name(f".{folder.name}.joining")
    shutil.rmtree(beside, ignore_errors=True)
    make_private_folder(beside)
    return beside


def _fill(
    folder: Path,
    key: ec.EllipticCurvePrivateKey,
    token: JoinToken,
    answer: JoinAnswer,
    dial: LinkAddress,
) -> None:
    if answer.site_name != token.site_name:
        raise JoinFailedError(f"Headquarters took this for site {answer.site_name!r}.")
    write_private(folder / "key.pem", _key_pem(key))
    write_private(folder / "cert.pem", answer.cert_pem.encode("ascii"))
    write_private(folder / "ca.pem", token.ca_pem.encode("ascii"))
    write_private(folder / "card.key", answer.card_key_hex.encode("ascii"))
    site = _SiteFile(
        site_name=answer.site_name,
        epoch=answer.epoch,
        primary_host=dial.host,
        primary_port=dial.port,
    )
    write_private(folder / "site.json", site.model_dump_json().encode())


async def _ask(
    folder: Path, token: JoinToken, dial: LinkAddress, request: JoinRequest
) -> JoinAnswer:
    """The one call that the token's certificate is good for."""
    cert, key = folder / "token.cert.pem", folder / "token.key.pem"
    write_private(cert, token.cert_pem.encode("ascii"))
    write_private(key, token.key_pem.encode("ascii"))
    try:
        context = link_client_context(cert=cert, key=key, ca_pem=token.ca_pem)
    except ssl.SSLError as error:
        raise BadJoinTokenError from error
    cert.unlink()
    key.unlink()
    url = URL.build(scheme="https", host=dial.host, port=dial.port, path="/v1/join")
    try:
        async with (
            asyncio.timeout(JOIN_MS / 1000),
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session,
            session.post(url, json=request.model_dump()) as response,
        ):
            text = await response.text()
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        said = str(error) or type(error).__name__
        raise JoinFailedError(
            f"Headquarters cannot be reached at {dial.host}:{dial.port}, or refuses the token's "
            f"certificate because its hour is over: {said}. Nothing was changed here."
        ) from error
    if response.status != HTTPStatus.OK:
        raise JoinFailedError(f"{JoinFailedError.__doc__} It said: {text[:ANSWER_CHARS_MAX]}")
    return read_answer(text)


def read_answer(text: str) -> JoinAnswer:
    """What headquarters answered. Errors: `JoinFailedError`."""
    try:
        return JoinAnswer.model_validate_json(text)
    except ValidationError as error:
        raise JoinFailedError("Headquarters answered in a form this version does not know.") from (
            error
        )


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _csr_pem(key: ec.EllipticCurvePrivateKey, site_name: str) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, site_name)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode("ascii")
