"""The X.509 certificates that the installation's CA makes, and the parts they are made of."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from primary.errors import BadRequestError, DamagedKeyError
from replication.ports import WallMs

if TYPE_CHECKING:
    from collections.abc import Iterable

SERVER: Final = ExtendedKeyUsageOID.SERVER_AUTH
CLIENT: Final = ExtendedKeyUsageOID.CLIENT_AUTH
CLOCK_SLACK: Final = timedelta(days=2)
"""Start times lie this far back, for clocks that are wrong by a time zone and the date. It costs
nothing: who may come in is headquarters' to say, by its own clock."""
COMMON_NAME_CHARS_MAX: Final = 64
"""RFC 5280, appendix A.1: ub-common-name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whom a certificate speaks of, and what it is for. `usages` empty: it is the CA."""

    title: str
    names: tuple[x509.GeneralName, ...] = ()
    usages: tuple[x509.ObjectIdentifier, ...] = ()
    life: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who signs: the CA's name and key."""

    name: x509.Name
    key: ec.EllipticCurvePrivateKey

    def sign(
        self, public_key: ec.EllipticCurvePublicKey, subject: Subject, now: datetime
    ) -> x509.Certificate:
        """The certificate that gives `public_key` to `subject`, from two days before `now`."""
        is_ca = not subject.usages
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        extensions: list[tuple[x509.ExtensionType, bool]] = [
            (x509.SubjectKeyIdentifier.from_public_key(public_key), False),
            (authority, False),
            (x509.BasicConstraints(ca=is_ca, path_length=0 if is_ca else None), True),
            (_key_usage(is_ca=is_ca), True),
        ]
        if not is_ca:
            extensions.append((x509.ExtendedKeyUsage(subject.usages), False))
            extensions.append((x509.SubjectAlternativeName(subject.names), False))
        builder = (
            x509.CertificateBuilder()
            .issuer_name(self.name)
            .subject_name(common_name(subject.title))
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - CLOCK_SLACK)
            .not_valid_after(now + subject.life)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(self.key, hashes.SHA256())


def new_key() -> ec.EllipticCurvePrivateKey:
    """A new P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    """The private key as PEM, not encrypted: its file is 0600."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode("ascii")


def load_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    """The CA's private key in `pem`; `DamagedKeyError` where it is none."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except ValueError as error:
        raise DamagedKeyError from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise DamagedKeyError
    return key


def cert_pem(cert: x509.Certificate) -> str:
    """The certificate as PEM."""
    return cert.public_bytes(serialization.Encoding.PEM).decode("ascii")


def requested_key(csr_pem: str) -> ec.EllipticCurvePublicKey:
    """The public key that a signing request asks for, proved to be the asker's own.

    Errors: `BadRequestError`.
    """
    try:
        request = x509.load_pem_x509_csr(csr_pem.encode())
        key = request.public_key()
        proved = request.is_signature_valid
    except ValueError as error:
        raise BadRequestError("This is not a certificate signing request in PEM.") from error
    if not proved or not isinstance(key, ec.EllipticCurvePublicKey):
        raise BadRequestError("The signing request must be for a P-256 key and signed by it.")
    if not isinstance(key.curve, ec.SECP256R1):
        raise BadRequestError("The signing request must be for a P-256 key.")
    return key


def signed_key(cert: x509.Certificate) -> ec.EllipticCurvePublicKey:
    """The public key in a certificate that we signed. Errors: `BadRequestError`."""
    key = cert.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise BadRequestError("The certificate must be for a P-256 key.")
    return key


def end_of(pem: str) -> WallMs:
    """When the certificate in `pem` ends."""
    return wall_ms_of(x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc)


def wall_ms_of(moment: datetime) -> WallMs:
    """A moment of a certificate, as we keep it."""
    return WallMs(round(moment.timestamp() * 1000))


def was_signed_by(cert: x509.Certificate, ca: x509.Certificate) -> bool:
    """Whether `ca` signed `cert`."""
    try:
        cert.verify_directly_issued_by(ca)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def common_name(title: str) -> x509.Name:
    """A subject name for people to read; nothing decides by it."""
    text = title[:COMMON_NAME_CHARS_MAX]
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def host_names(hosts: Iterable[str]) -> tuple[x509.GeneralName, ...]:
    """The alternative names for `hosts`, DNS names and IP addresses, each once.

    Errors: `BadRequestError`.
    """
    return tuple(_host_name(host) for host in dict.fromkeys(hosts))


def _host_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return x509.DNSName(host)
    except ValueError as error:
        raise BadRequestError(f"{host!r} is neither a host name nor an IP address.") from error


def _key_usage(*, is_ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        encipher_only=False,
        decipher_only=False,
    )
