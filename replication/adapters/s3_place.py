"""Where in an S3-compatible store the LTX files of this organisation lie, and the key to it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from replication.adapters.ltx_fetch import KeyFileError

if TYPE_CHECKING:
    from pathlib import Path

KEY_BYTES_MAX: Final = 4_096
OTHERS: Final = 0o077
LAYOUT: Final = '`access_key_id = "..."` and `secret_access_key = "..."`'


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Place:
    """A bucket, and the prefix below which each lineage has a folder."""

    bucket: str
    endpoint: str | None
    """None: Amazon's own."""
    region: str
    prefix: str
    key_file: Path

    def __post_init__(self) -> None:
        if not self.bucket or "/" in self.bucket:
            raise ValueError("bucket must be the name of a bucket")
        if not self.prefix or self.prefix != self.prefix.strip("/"):
            raise ValueError("prefix must neither be empty nor begin or end with /")
        if self.endpoint is not None and not _is_safe(self.endpoint):
            raise ValueError(
                "endpoint must be https://HOST[:PORT]; only on this machine itself may it be http://"
            )

    @property
    def where(self) -> str:
        """For people."""
        return f"{self.endpoint or 'Amazon S3'}, {self.bucket}/{self.prefix}"

    def path(self, lineage: str) -> str:
        """Where the files of a lineage lie. Two lineages have the same names for other files."""
        return f"{self.prefix}/{lineage}"


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Key:
    """Who we are at the store."""

    access_key_id: str
    secret_access_key: str = field(repr=False)


def read_s3_key(path: Path) -> S3Key:
    """The key that the file holds. Errors: `KeyFileError`."""
    try:
        with path.open("rb") as file:
            content = file.read(KEY_BYTES_MAX).decode()
            mode = path.stat().st_mode
        values = tomllib.loads(content)
        key_id, secret = values.pop("access_key_id"), values.pop("secret_access_key")
    except (OSError, ValueError, KeyError) as error:
        # Not the words of the error: they may quote the secret.
        raise KeyFileError(
            f"{path} cannot be read as a key of the store ({type(error).__name__}). Write {LAYOUT} "
            "into it, readable by this server's user only."
        ) from None
    if values or not isinstance(key_id, str) or not isinstance(secret, str):
        raise KeyFileError(f"{path} must hold {LAYOUT} and nothing else.")
    if mode & OTHERS:
        raise KeyFileError(f"{path} can be read by others. Run: chmod 600 {path}")
    return S3Key(access_key_id=key_id, secret_access_key=secret)


def _is_safe(endpoint: str) -> bool:
    try:
        parts = urlsplit(endpoint)
        is_address = bool(parts.hostname) and parts.port != 0 and parts.path in {"", "/"}
    except ValueError:
        return False
    if not is_address or parts.query or parts.fragment or parts.username:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts.hostname or ""))


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
