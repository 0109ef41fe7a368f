"""Where the directory in the branch is, which passwords may be checked against."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from site_server.config_section import Section

LDAP_PORTS: Final = {"ldap": 389, "ldaps": 636}


@dataclass(frozen=True, slots=True, kw_only=True)
class LdapAddress:
    """Where a directory listens."""

    is_ldaps: bool
    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether it stands on this machine."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


class BranchDirectorySection(Section):
    """A directory in the branch that knows passwords; see `site_server.adapters.ldap_directory`."""

    url: Annotated[str, Field(max_length=1_023)]
    """ldaps://HOST[:PORT], or ldap:// with `starttls` or to this machine."""
    user_dn: Annotated[str, Field(max_length=1_023)]
    """The name to bind with; `{user_name}` stands for the user's, which is escaped."""
    ca_file: Annotated[Path, Field(strict=False)] | None = None
    """Who signed its certificate; those that this machine trusts where it is left out."""
    starttls: bool = False
    timeout_ms: Annotated[int, Field(ge=100, le=30_000)] = 3_000
    """For the whole question. A directory in the branch needs 20 ms; who waits longer goes away."""

    @model_validator(mode="after")
    def _keeps_passwords_secret(self) -> Self:
        address = self.address
        if address.is_ldaps and self.starttls:
            raise ValueError("ldaps:// is over TLS already; leave starttls out")
        if not (address.is_ldaps or self.starttls or address.is_loopback):
            raise ValueError(
                "passwords would travel in clear; write ldaps://, or set starttls = true"
            )
        if "{user_name}" not in self.user_dn:
            raise ValueError(
                "user_dn needs {user_name}, as in uid={user_name},ou=people,dc=example"
            )
        return self

    @property
    def address(self) -> LdapAddress:
        """Where the directory listens."""
        parts = urlsplit(self.url)
        if parts.scheme not in LDAP_PORTS or not parts.hostname or parts.path.strip("/"):
            raise ValueError("url must be an ldaps:// or ldap:// address without a path")
        port = parts.port or LDAP_PORTS[parts.scheme]
        return LdapAddress(is_ldaps=parts.scheme == "ldaps", host=parts.hostname, port=port)
