"""The addresses that answers carry, built on the address by which the client reached us."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

_AUTHORITY: Final = re.compile(
    r"[A-Za-z0-9.\-_]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uris:
    """`authority` is `host:port`. Clients compare these addresses with the one they used."""

    authority: str
    is_secure: bool = False
    is_loopback: bool = False
    """Whether the client is on this machine."""

    def queue(self, name: str) -> str:
        """The printer-uri of a queue."""
        return f"{self._scheme}://{self.authority}/printers/{quote(name, safe='')}"

    @property
    def takes_basic(self) -> bool:
        """Whether a password may come this way."""
        return self.is_secure or self.is_loopback

    def job(self, job_id: int) -> str:
        """The job-uri of a job."""
        return f"{self._scheme}://{self.authority}/jobs/{job_id}"

    @property
    def web(self) -> str:
        """Where a person looks."""
        return f"{'https' if self.is_secure else 'http'}://{self.authority}/"

    @property
    def security(self) -> str:
        """The keyword of uri-security-supported."""
        return "tls" if self.is_secure else "none"

    @property
    def _scheme(self) -> str:
        return "ipps" if self.is_secure else "ipp"


def is_authority(text: str) -> bool:
    """True for something that may stand in a Host header and in our answers."""
    return _AUTHORITY.fullmatch(text) is not None
