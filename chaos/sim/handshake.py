"""The TLS handshake of a simulated connection: the real one, of the real contexts, in memory.

Who is let in is OpenSSL's to say, as in a real connection. No time passes, and no byte of it goes
over a line: its sizes are not the same twice, for keys and signatures do not come from the seed.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from replication.adapters.tls import NO_CHECK_TIME, client_context, link_client_context

if TYPE_CHECKING:
    from pathlib import Path

HOST: Final = "headquarters"
FLIGHTS_MAX: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Papers:
    """With what somebody dials: a key and its certificate, or nothing.

    The rest is what is known of it to whoever writes the history.
    """

    context: ssl.SSLContext
    kind: str
    site_name: str = ""
    epoch: int = 0
    until_wall_ms: int = 0


def dialling(*, cert: Path, key: Path, ca_pem: str) -> ssl.SSLContext:
    """A site's end. The simulated time is not that of the machine, so its end looks at none."""
    context = link_client_context(cert=cert, key=key, ca_pem=ca_pem)
    context.verify_flags |= NO_CHECK_TIME
    return context


def dialling_bare(ca_pem: str) -> ssl.SSLContext:
    """Somebody without a certificate."""
    context = client_context(ca_pem=ca_pem)
    context.verify_flags |= NO_CHECK_TIME
    return context


def shaken(server: ssl.SSLContext, client: ssl.SSLContext) -> ssl.SSLObject | None:
    """The server's end of a connection; None where the server does not let the client in."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    theirs = client.wrap_bio(to_client, to_server, server_hostname=HOST)
    ours = server.wrap_bio(to_server, to_client, server_side=True)
    done: set[ssl.SSLObject] = set()
    for _ in range(FLIGHTS_MAX):
        for end in (theirs, ours):
            try:
                end.do_handshake()
                done.add(end)
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                return None
        if len(done) == 2:  # noqa: PLR2004 - both ends
            return ours
    return None
