"""A directory in the branch, asked over LDAP whether a password is right.

Theory of operation
-------------------
The password is right if the directory accepts a simple bind with it (RFC 4513, 5.1.3). One
connection per question: connect, TLS, bind, all within one time-out, so a directory that
hangs delays one login by a known time and no other part of the site at all. At most `AT_ONCE`
connections are open; who waits for one waits within the same time-out.

The password leaves this machine over verified TLS only, or over loopback. An empty one never does:
a directory answers "yes" to a bind with a name and no password, and means "you are nobody".

Only three answers mean "wrong". Everything else (busy, locked, a referral, no answer, a certificate
that does not fit) means that nobody could say.

Why not ldap3: its last release is of 2021, it blocks a thread for each question, and its time-outs
are several that add up. python-ldap and bonsai need a compiler and OpenLDAP's headers on each
branch server. What is needed here are two messages, which pyasn1 reads and writes.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from site_server.adapters.ldap_messages import (
    BIND,
    STARTTLS,
    LdapProtocolError,
    bind_request,
    bytes_missing,
    escaped,
    result_code,
    start_tls_request,
)
from site_server.errors import SiteError

if TYPE_CHECKING:
    from site_server.config_branch_directory import BranchDirectorySection

AT_ONCE: Final = 8
SUCCESS: Final = 0
WRONG: Final = frozenset({32, 48, 49})
"""noSuchObject, inappropriateAuthentication (the entry has no password), invalidCredentials."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Wire:
    """An open connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, number: int, request: bytes) -> int:
        """The result code of a request."""
        self.writer.write(request)
        answer = b""
        while missing := bytes_missing(answer):
            answer += await self.reader.readexactly(missing)
        return result_code(answer, number)

    def hang_up(self) -> None:
        """Close it in order."""
        self.writer.close()

    def cut(self) -> None:
        """End it at once: the other end may hang."""
        self.writer.transport.abort()


class LdapDirectory:
    """The `BranchDirectory` of a site."""

    def __init__(self, section: BranchDirectorySection) -> None:
        self._section = section
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._problem = ""
        self._tls = _trust(section)

    async def check(self, user_name: str, password: str) -> bool | None:
        """Whether the directory accepts this password; None where it could not be asked."""
        if not user_name or not password:
            return False
        bind_dn = self._section.user_dn.replace("{user_name}", escaped(user_name))
        try:
            async with asyncio.timeout(self._section.timeout_ms / 1000), self._turns:
                code = await self._bind(bind_dn, password)
        except (OSError, asyncio.IncompleteReadError, LdapProtocolError) as error:
            # TimeoutError and ssl.SSLError are OSErrors.
            self._say(str(error) or type(error).__name__)
            return None
        self._say("" if code == SUCCESS or code in WRONG else f"it answers with LDAP code {code}")
        return None if self._problem else code == SUCCESS

    async def problem(self) -> str:
        """Why the directory cannot be asked now; empty where it can. Nobody's password is sent."""
        try:
            async with asyncio.timeout(self._section.timeout_ms / 1000):
                (await self._connect()).hang_up()
        except (OSError, asyncio.IncompleteReadError, LdapProtocolError) as error:
            return str(error) or type(error).__name__
        return ""

    async def _bind(self, bind_dn: str, password: str) -> int:
        wire = await self._connect()
        try:
            code = await wire.ask(BIND, bind_request(bind_dn, password))
        except BaseException:
            wire.cut()
            raise
        wire.hang_up()
        return code

    async def _connect(self) -> _Wire:
        address = self._section.address
        tls = self._tls if address.is_ldaps else None
        wire = _Wire(*await asyncio.open_connection(address.host, address.port, ssl=tls))
        if self._section.starttls:
            try:
                await self._start_tls(wire)
            except BaseException:
                wire.cut()
                raise
        return wire

    async def _start_tls(self, wire: _Wire) -> None:
        code = await wire.ask(STARTTLS, start_tls_request())
        if code != SUCCESS:
            raise LdapProtocolError(f"it refuses StartTLS with LDAP code {code}")
        await wire.writer.start_tls(self._tls, server_hostname=self._section.address.host)

    def _say(self, problem: str) -> None:
        """Log on change only: once lost, once back."""
        if problem and not self._problem:
            _log.warning("the directory of this branch cannot be asked: %s", problem)
        elif self._problem and not problem:
            _log.info("the directory of this branch answers again")
        self._problem = problem


def _trust(section: BranchDirectorySection) -> ssl.SSLContext:
    """Whom the site believes to be the directory. Errors: `SiteError`."""
    ca_file = str(section.ca_file) if section.ca_file else None
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # ssl.SSLError, too
        raise SiteError(
            f"branch_directory.ca_file {ca_file} cannot be used: {error}. "
            "Give the certificate, in PEM, of whoever signed that of the directory."
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
