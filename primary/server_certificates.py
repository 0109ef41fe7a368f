"""The primary's own certificate in its two doors, renewed while they are open.

Sites and panels trust the CA and not this certificate, so nobody notices. A door takes the new one
for every connection from then on (OpenSSL reads a context at the handshake); those that stand go
on.
"""

import logging
from collections.abc import Sequence
from typing import Final

from primary.pki import CertificateAuthority
from primary.ports import Check
from replication.adapters.tls import renewing_server_context, server_context

logger: Final = logging.getLogger(__name__)

DAYS_MIN: Final = 30
"""Below it the renewal, which is due a year before the end, has failed for long."""


class ServerCertificates:
    """The contexts of both doors, for these names of the primary."""

    def __init__(self, authority: CertificateAuthority, hosts: Sequence[str]) -> None:
        self._authority = authority
        self._hosts = tuple(hosts)
        files = authority.server_files(self._hosts)
        self._files = files
        self._loaded = files.cert.read_bytes()
        self.link = renewing_server_context(cert=files.cert, key=files.key, ca=files.ca)
        self.api = server_context(cert=files.cert, key=files.key)

    def look(self) -> bool:
        """Renew what is due, and take it into use; whether anything was."""
        self._authority.keep_fresh()
        files = self._authority.server_files(self._hosts)
        content = files.cert.read_bytes()
        if content == self._loaded:
            return False
        for context in (self.link, self.api):
            context.load_cert_chain(files.cert, files.key)
        self.link.load_verify_locations(cafile=str(files.ca))
        self._loaded = content
        logger.info("the certificate of headquarters is renewed")
        return True

    def check(self) -> Check:
        """The part of `GET /health`."""
        days = self._authority.days_left()
        text = ", ".join(f"{name}: {left} days" for name, left in days.items())
        if min(days.values()) >= DAYS_MIN:
            return Check(is_ok=True, detail=text)
        hint = "look at the log: the folder pki/ cannot be written"
        return Check(is_ok=False, detail=f"{text}; {hint}")
