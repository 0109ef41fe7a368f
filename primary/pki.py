"""The installation's own certificate authority: nobody outside it is trusted, and it trusts nobody.

What a certificate may do stands in a URI of its alternative names, under the CA's signature:
`holdfast://site/<name>/<epoch>` may keep the link of that site's epoch, `holdfast://join/<name>`
may join once as that site. `replication.peer` reads it; a certificate without one may do nothing on
the link. That is what a site's certificate for its own panels is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509

from primary.certificates import (
    CLIENT,
    SERVER,
    Issuer,
    Subject,
    cert_pem,
    common_name,
    host_names,
    key_pem,
    load_key,
    new_key,
    requested_key,
    signed_key,
    wall_ms_of,
    was_signed_by,
)
from primary.errors import CertificateTooOldError
from replication.adapters.private_file import make_private_folder, write_private
from replication.join_token import LIFE_MS
from replication.ports import Clock, WallMs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from replication.peer import SitePeer

PKI_FOLDER: Final = "pki"
CA_LIFE: Final = timedelta(days=3652)
"""Ten years: longer than any site's hardware."""
CA_RENEWED_BEFORE: Final = timedelta(days=365)
"""Its certificate is made anew over the same key, so that what it signed stays good; by then every
site has the new one, also one that was offline for as long as it may."""
SERVER_LIFE: Final = timedelta(days=730)
"""Two years; made anew after the first of them."""
SITE_LIFE: Final = timedelta(days=30)
RENEWABLE: Final = timedelta(days=180)
"""Where nobody says otherwise: half a year offline."""
JOIN_LIFE: Final = timedelta(milliseconds=LIFE_MS)
LOCAL_HOSTS: Final = ("localhost", "127.0.0.1", "::1")
CA_NAME: Final = common_name("holdfast CA")


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """Where a server finds its certificate, its key, and the CA by which it verifies clients."""

    cert: Path
    key: Path
    ca: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinCertificate:
    """A certificate that is good for one `POST /v1/join`. `serial` is lower-case hex."""

    serial: str
    cert_pem: str
    key_pem: str
    expires_wall_ms: WallMs


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteCertificates:
    """What a renewal gives a site: for the link until `until_wall_ms`, and for its own doors."""

    cert_pem: str
    panel_cert_pem: str
    until_wall_ms: WallMs


class CertificateAuthority:
    """The CA in `folder`, made on first use, mode 0600.

    A site's certificate is renewed until `renewable` after its end. Errors: `DamagedKeyError`.
    """

    def __init__(self, folder: Path, clock: Clock, renewable: timedelta = RENEWABLE) -> None:
        self._folder = folder
        self._clock = clock
        self._renewable = renewable
        self._cert_path = folder / "ca.cert.pem"
        key_path = folder / "ca.key.pem"
        if not self._cert_path.exists():
            self._make(key_path)
        self._issuer = Issuer(name=CA_NAME, key=load_key(key_path.read_bytes()))
        self._cert = x509.load_pem_x509_certificate(self._cert_path.read_bytes())
        self.keep_fresh()

    def keep_fresh(self) -> None:
        """Make the CA's certificate anew in its last year, over the same key and name."""
        if self._cert.not_valid_after_utc - self._now() < CA_RENEWED_BEFORE:
            self._cert = self._self_signed(self._issuer)
            write_private(self._cert_path, cert_pem(self._cert).encode())

    def days_left(self) -> Mapping[str, int]:
        """Whole days until the CA's and the primary's own certificate end; below 0: it has."""
        return days_left_in(self._folder, self._now())

    @property
    def pem(self) -> str:
        """The CA's certificate."""
        return cert_pem(self._cert)

    def server_files(self, hosts: Sequence[str]) -> TlsFiles:
        """The primary's own certificate for `hosts` and this machine; made anew when it must be."""
        files = TlsFiles(
            cert=self._folder / "server.cert.pem",
            key=self._folder / "server.key.pem",
            ca=self._cert_path,
        )
        names = host_names((*hosts, *LOCAL_HOSTS))
        if not self._is_good(files.cert, names):
            subject = Subject(
                title="holdfast primary", names=names, usages=(SERVER,), life=SERVER_LIFE
            )
            self._write(files, subject)
        return files

    def sign_site(self, csr_pem: str, site_name: str, epoch: int, hosts: Sequence[str]) -> str:
        """A site's certificate, PEM: client of the link, and server of its own panels for `hosts`.

        Only the key is taken from the request: who the site is, headquarters says.
        Errors: `BadRequestError`.
        """
        public_key = requested_key(csr_pem)
        names = (_site_uri(site_name, epoch), *host_names((*hosts, *LOCAL_HOSTS)))
        subject = Subject(title=site_name, names=names, usages=(CLIENT, SERVER), life=SITE_LIFE)
        return cert_pem(self._issuer.sign(public_key, subject, self._now()))

    def renew_site(self, presented_der: bytes, peer: SitePeer) -> SiteCertificates:
        """New certificates for the key, the site and the hosts of the one that was presented.

        That this CA signed it, and that who presents it has the key, TLS has proved; what
        headquarters has against the site is the caller's business. Errors:
        `CertificateTooOldError`.
        """
        presented, now = x509.load_der_x509_certificate(presented_der), self._now()
        if now > presented.not_valid_after_utc + self._renewable:
            raise CertificateTooOldError
        key = signed_key(presented)
        former = presented.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        hosts = tuple(
            name for name in former if not isinstance(name, x509.UniformResourceIdentifier)
        )
        names = (_site_uri(peer.site_name, peer.epoch), *hosts)
        link = Subject(title=peer.site_name, names=names, usages=(CLIENT, SERVER), life=SITE_LIFE)
        life = SITE_LIFE + self._renewable
        panel = Subject(title=peer.site_name, names=hosts, usages=(SERVER,), life=life)
        cert = self._issuer.sign(key, link, now)
        return SiteCertificates(
            cert_pem=cert_pem(cert),
            panel_cert_pem=cert_pem(self._issuer.sign(key, panel, now)),
            until_wall_ms=wall_ms_of(cert.not_valid_after_utc),
        )

    def issue_join(self, site_name: str) -> JoinCertificate:
        """A certificate and key with which one site can join once, within the hour."""
        key = new_key()
        uri = x509.UniformResourceIdentifier(f"holdfast://join/{site_name}")
        subject = Subject(title=f"join {site_name}", names=(uri,), usages=(CLIENT,), life=JOIN_LIFE)
        cert = self._issuer.sign(key.public_key(), subject, self._now())
        return JoinCertificate(
            serial=f"{cert.serial_number:x}",
            cert_pem=cert_pem(cert),
            key_pem=key_pem(key),
            expires_wall_ms=WallMs(self._clock.wall_ms() + LIFE_MS),
        )

    def _make(self, key_path: Path) -> None:
        # The certificate is written last: where it is missing, the key has signed nothing yet.
        make_private_folder(self._folder)
        key = new_key()
        cert = self._self_signed(Issuer(name=CA_NAME, key=key))
        write_private(key_path, key_pem(key).encode())
        write_private(self._cert_path, cert_pem(cert).encode())

    def _self_signed(self, issuer: Issuer) -> x509.Certificate:
        subject = Subject(title="holdfast CA", life=CA_LIFE)
        return issuer.sign(issuer.key.public_key(), subject, self._now())

    def _write(self, files: TlsFiles, subject: Subject) -> None:
        # The certificate goes first and comes last: a crash on the way is seen at the next start.
        key = new_key()
        cert = self._issuer.sign(key.public_key(), subject, self._now())
        files.cert.unlink(missing_ok=True)
        write_private(files.key, key_pem(key).encode())
        write_private(files.cert, cert_pem(cert).encode())

    def _is_good(self, path: Path, names: Sequence[x509.GeneralName]) -> bool:
        if not path.exists():
            return False
        cert = x509.load_pem_x509_certificate(path.read_bytes())
        has = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        is_fresh = cert.not_valid_after_utc - self._now() > SERVER_LIFE / 2
        return is_fresh and set(has) == set(names) and was_signed_by(cert, self._cert)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.wall_ms() / 1000, UTC)


def days_left_in(folder: Path, now: datetime) -> Mapping[str, int]:
    """The same for the certificates that are in `folder`. Errors: `OSError`, `ValueError`."""
    certs = {"ca": folder / "ca.cert.pem", "server": folder / "server.cert.pem"}
    ends = {
        name: x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
        for name, path in certs.items()
        if path.exists()
    }
    return {name: (end - now).days for name, end in ends.items()}


def _site_uri(site_name: str, epoch: int) -> x509.GeneralName:
    return x509.UniformResourceIdentifier(f"holdfast://site/{site_name}/{epoch}")
