"""Where in NATS the LTX files of this organisation lie, and who we are there."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from replication.adapters.ltx_fetch import KeyFileError

if TYPE_CHECKING:
    from pathlib import Path

BUCKET: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NatsPlace:
    """JetStream object stores: one for each lineage, called `<bucket>-<lineage>`.

    Two lineages have the same names for other files, and litestream knows no folders in a bucket.
    """

    endpoint: str
    """nats://HOST:PORT; always over TLS, with a client certificate."""
    bucket: str
    ca_file: Path
    cert_file: Path
    key_file: Path

    def __post_init__(self) -> None:
        if not BUCKET.fullmatch(self.bucket):
            raise ValueError("bucket may have letters, digits, - and _ only")
        if not _is_address(self.endpoint):
            raise ValueError("endpoint must be nats://HOST:PORT")

    @property
    def where(self) -> str:
        """For people."""
        return f"{self.endpoint}, {self.bucket}-..."

    def bucket_of(self, lineage: str) -> str:
        """The object store of a lineage."""
        return f"{self.bucket}-{lineage}"

    @property
    def address(self) -> str:
        """HOST:PORT."""
        return urlsplit(self.endpoint).netloc

    def trust(self) -> ssl.SSLContext:
        """Whom to trust, and our own certificate. Errors: `KeyFileError`."""
        try:
            context = ssl.create_default_context(cafile=str(self.ca_file))
            context.load_cert_chain(str(self.cert_file), str(self.key_file))
        except OSError as error:  # an SSLError is one
            raise KeyFileError(
                f"The certificate for NATS cannot be used: {error}. Look at {self.ca_file}, "
                f"{self.cert_file} and {self.key_file}."
            ) from error
        return context


def _is_address(endpoint: str) -> bool:
    try:
        parts = urlsplit(endpoint)
        is_whole = bool(parts.hostname) and parts.port is not None
    except ValueError:
        return False
    is_bare = parts.path in {"", "/"} and not parts.username and not parts.query
    return parts.scheme == "nats" and is_whole and is_bare
