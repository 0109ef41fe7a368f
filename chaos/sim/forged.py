"""Papers that are not good for headquarters' door, and papers that may be good no longer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from chaos.sim.handshake import Papers, dialling, dialling_bare
from chaos.sim.joining import token_of
from chaos.sim.organisation import HEADQUARTERS
from chaos.sim.site import papers_of
from primary.certificates import common_name, end_of, key_pem, new_key
from primary.pki import PKI_FOLDER, CertificateAuthority
from replication.join_token import parse_token
from replication.ports import MonotonicMs, WallMs
from site_server.adapters.identity import load
from site_server.data_folder import DataFolder

if TYPE_CHECKING:
    from pathlib import Path

    from chaos.sim.clock import MachineClock
    from chaos.sim.world import World

DAY_MS: Final = 86_400_000


class Forgery(StrEnum):
    """Where the papers come from."""

    NONE = "none"
    FOREIGN = "foreign"
    """Another authority has signed that they are a site's."""
    EXPIRED = "expired"
    TOO_OLD = "too_old"
    """Expired for so long that they are not even renewed."""
    JOIN = "join"
    """A join token that is good, for what it is not good for."""
    STOLEN = "stolen"
    """A site's own, as they were; perhaps it is revoked, or joins again, before they are used."""


BACK_DAYS: Final = {Forgery.FOREIGN: 0, Forgery.EXPIRED: 40, Forgery.TOO_OLD: 400}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Earlier:
    """A clock that is behind."""

    clock: MachineClock
    by_ms: int

    def wall_ms(self) -> WallMs:
        """What it was then."""
        return WallMs(self.clock.wall_ms() - self.by_ms)

    def monotonic_ms(self) -> MonotonicMs:
        """Now."""
        return self.clock.monotonic_ms()


async def forged(world: World, forgery: Forgery, site_name: str) -> Papers:
    """Papers of that kind, in the name of that site."""
    headquarters, site = world.machines[HEADQUARTERS], world.machines[site_name]
    ours = headquarters.folder / PKI_FOLDER
    ca_pem = (ours / "ca.cert.pem").read_text("ascii")
    scratch = headquarters.disk.parent / "intruder"
    scratch.mkdir(exist_ok=True)
    if forgery is Forgery.NONE:
        return Papers(context=dialling_bare(ca_pem), kind=forgery)
    identity = load(DataFolder(site.folder).identity)
    if forgery is Forgery.STOLEN:
        return papers_of(identity)
    if forgery is Forgery.JOIN:
        token = parse_token(await token_of(world, site_name))
        pair = _put(scratch, token.cert_pem, token.key_pem)
        context = dialling(cert=pair[0], key=pair[1], ca_pem=ca_pem)
        return Papers(context=context, kind="join", site_name=site_name)
    folder = scratch / PKI_FOLDER if forgery is Forgery.FOREIGN else ours
    clock = _Earlier(clock=headquarters.clock, by_ms=BACK_DAYS[forgery] * DAY_MS)
    key = new_key()
    request = x509.CertificateSigningRequestBuilder().subject_name(common_name(site_name))
    csr = request.sign(key, hashes.SHA256())
    csr_pem = csr.public_bytes(Encoding.PEM).decode("ascii")
    cert_pem = CertificateAuthority(folder, clock).sign_site(csr_pem, site_name, identity.epoch, ())
    cert, key_file = _put(scratch, cert_pem, key_pem(key))
    return Papers(
        context=dialling(cert=cert, key=key_file, ca_pem=ca_pem),
        kind="foreign" if forgery is Forgery.FOREIGN else "site",
        site_name=site_name,
        epoch=identity.epoch,
        until_wall_ms=end_of(cert_pem),
    )


def _put(folder: Path, cert_pem: str, key: str) -> tuple[Path, Path]:
    """As files, for only so OpenSSL takes them."""
    cert_path, key_path = folder / "cert.pem", folder / "key.pem"
    cert_path.write_text(cert_pem)
    key_path.write_text(key)
    return cert_path, key_path
