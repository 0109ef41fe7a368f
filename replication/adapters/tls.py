"""TLS as Holdfast uses it: our own CA and no other, TLS 1.3 wherever the other end has it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NO_CHECK_TIME: Final = ssl.VerifyFlags(0x200000)
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME (x509_vfy.h); Python's ssl has no name for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """From when until when a certificate is good, by the wall clock."""

    from_ms: int
    until_ms: int

    def covers(self, now_ms: int) -> bool:
        """Whether it is good now."""
        return self.from_ms <= now_ms <= self.until_ms


NEVER: Final = Validity(from_ms=1, until_ms=0)


def validity_of(cert: Mapping[str, object] | None) -> Validity:
    """That of a verified certificate (`ssl.SSLSocket.getpeercert`); without one: never."""
    if not cert:
        return NEVER
    begins, ends = (
        int(ssl.cert_time_to_seconds(str(cert[key]))) * 1000 for key in ("notBefore", "notAfter")
    )
    return Validity(from_ms=begins, until_ms=ends)


def link_server_context(*, cert: Path, key: Path, ca: Path) -> ssl.SSLContext:
    """A server for our nodes only: whoever has no valid certificate of our CA is refused."""
    context = server_context(cert=cert, key=key)
    context.load_verify_locations(cafile=str(ca))
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def renewing_server_context(*, cert: Path, key: Path, ca: Path) -> ssl.SSLContext:
    """The primary's end of the site link: the same, but expiry is left to who serves.

    Only so can a certificate that has expired reach its own renewal; `primary.http.link` refuses it
    everything else (ADR 0021).
    """
    context = link_server_context(cert=cert, key=key, ca=ca)
    context.verify_flags |= NO_CHECK_TIME
    return context


def server_context(*, cert: Path, key: Path) -> ssl.SSLContext:
    """A server that proves who it is and leaves it to HTTP to ask the same of the client."""
    context = _context(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


def print_server_context(*, cert: Path, key: Path) -> ssl.SSLContext:
    """The same for print clients, without session tickets.

    CUPS 2.4 over GnuTLS takes a ticket, which TLS 1.3 sends after the handshake, for a broken
    connection, and connects again for ever (seen with Debian 12's ipptool).
    """
    context = server_context(cert=cert, key=key)
    context.num_tickets = 0
    return context


def link_client_context(*, cert: Path, key: Path, ca_pem: str) -> ssl.SSLContext:
    """The site's end of the link: verifies the primary by our CA and by its host name."""
    context = client_context(ca_pem=ca_pem)
    context.load_cert_chain(cert, key)
    return context


def client_context(*, ca_pem: str) -> ssl.SSLContext:
    """A client without a certificate that trusts our CA only, and checks the host name."""
    context = _context(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=ca_pem)
    return context


def _context(kind: int) -> ssl.SSLContext:
    context = ssl.SSLContext(kind)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
