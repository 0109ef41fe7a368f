"""TLS as Holdfast uses it: our own CA and no other, TLS 1.3 wherever the other end has it."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def link_server_context(*, cert: Path, key: Path, ca: Path) -> ssl.SSLContext:
    """The primary's end of the site link: whoever has no certificate of our CA is refused."""
    context = server_context(cert=cert, key=key)
    context.load_verify_locations(cafile=str(ca))
    context.verify_mode = ssl.CERT_REQUIRED
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
