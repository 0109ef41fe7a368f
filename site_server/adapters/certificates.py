"""This node's certificates: the files in `identity/`, and the TLS contexts that are made of them.

The key stays the same for as long as the site is joined (ADR 0021), and each certificate is a file
of its own that is replaced whole. So whatever a crash leaves, each certificate that is there fits
the key. A context takes a new certificate for the connections that come after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization

from replication.adapters.private_file import write_private
from replication.adapters.tls import (
    Validity,
    link_client_context,
    link_server_context,
    print_server_context,
    server_context,
)
from site_server.adapters.identity import DamagedIdentityError
from site_server.errors import SiteError

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

    from replication.renewal import RenewAnswer
    from site_server.adapters.identity import Identity


class WrongCertificateError(SiteError):
    """Headquarters sent certificates that are not this site's. Nothing was changed here."""


class Certificates:
    """Errors: `DamagedIdentityError`."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._key = identity.key_path
        self._panel_path = identity.cert_path.with_name("panel.pem")
        self._panel_doors: list[ssl.SSLContext] = []
        self._node_doors: list[ssl.SSLContext] = []
        try:
            self.link = link_client_context(
                cert=identity.cert_path, key=self._key, ca_pem=identity.ca_path.read_text("ascii")
            )
            """As whom this node dials."""
            self.validity = validity_at(identity.cert_path)
            """Of the certificate for the link."""
        except (OSError, ValueError) as error:  # an SSLError is an OSError
            raise DamagedIdentityError(f"{DamagedIdentityError.__doc__} ({error})") from error

    @property
    def has_panel_certificate(self) -> bool:
        """Whether the doors have a certificate of their own; else they show that of the link."""
        return self._panel_path.exists()

    def for_panels(self) -> ssl.SSLContext:
        """For the door of panels and administrators."""
        context = server_context(cert=self._door_path(), key=self._key)
        self._panel_doors.append(context)
        return context

    def for_print_clients(self) -> ssl.SSLContext:
        """For IPP over TLS."""
        context = print_server_context(cert=self._door_path(), key=self._key)
        self._panel_doors.append(context)
        return context

    def for_nodes(self) -> ssl.SSLContext:
        """For secondaries, with the certificate of the link.

        A site that was revoked gets no newer one, so they soon stop believing it.
        """
        identity = self._identity
        context = link_server_context(cert=identity.cert_path, key=self._key, ca=identity.ca_path)
        self._node_doors.append(context)
        return context

    def keep(self, answer: RenewAnswer) -> None:
        """Put what headquarters sent on the disk. Errors: `WrongCertificateError`, `OSError`."""
        self._check(answer)
        identity = self._identity
        if answer.ca_pem != identity.ca_path.read_text("ascii"):
            write_private(identity.ca_path, answer.ca_pem.encode("ascii"))
        write_private(self._panel_path, answer.panel_cert_pem.encode("ascii"))
        # Last: while it is the old one, the renewal is still due and is asked for again.
        write_private(identity.cert_path, answer.cert_pem.encode("ascii"))

    def take_into_use(self) -> None:
        """Let every connection from now on have what is on the disk."""
        identity = self._identity
        for context in (self.link, *self._node_doors):
            context.load_cert_chain(identity.cert_path, self._key)
            context.load_verify_locations(cafile=str(identity.ca_path))
        for context in self._panel_doors:
            context.load_cert_chain(self._door_path(), self._key)
        self.validity = validity_at(identity.cert_path)

    def _door_path(self) -> Path:
        return self._panel_path if self.has_panel_certificate else self._identity.cert_path

    def _check(self, answer: RenewAnswer) -> None:
        try:
            ca = x509.load_pem_x509_certificate(self._identity.ca_path.read_bytes())
            newer_ca, cert, panel = (
                x509.load_pem_x509_certificate(pem.encode())
                for pem in (answer.ca_pem, answer.cert_pem, answer.panel_cert_pem)
            )
            for each in (newer_ca, cert, panel):
                each.verify_directly_issued_by(ca)
        except (ValueError, TypeError, InvalidSignature) as error:
            raise WrongCertificateError from error
        former = x509.load_pem_x509_certificate(self._identity.cert_path.read_bytes())
        keys = {_words_of(each.public_key()) for each in (former, cert, panel)}
        same_ca = _words_of(ca.public_key()) == _words_of(newer_ca.public_key())
        if len(keys) != 1 or not same_ca or _names_of(cert) != _names_of(former):
            raise WrongCertificateError


def validity_at(path: Path) -> Validity:
    """From when until when the certificate there is good. Errors: `OSError`, `ValueError`."""
    cert = x509.load_pem_x509_certificate(path.read_bytes())
    begins, ends = (
        round(moment.timestamp() * 1000)
        for moment in (cert.not_valid_before_utc, cert.not_valid_after_utc)
    )
    return Validity(from_ms=begins, until_ms=ends)


def _words_of(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _names_of(cert: x509.Certificate) -> list[str]:
    """Who it is, as `replication.peer` reads it."""
    names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return names.get_values_for_type(x509.UniformResourceIdentifier)
