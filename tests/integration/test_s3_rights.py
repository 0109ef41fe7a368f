"""What docs/operations/distribution.md says of S3: a site's key may read, and that is enough."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import aiohttp
import obstore
import pytest

from replication.adapters.ltx_fetch import NotThereError, SourceDownError
from replication.adapters.private_file import write_private
from replication.adapters.s3_place import S3Key, read_s3_key
from replication.adapters.s3_source import S3Source
from replication.adapters.system_clock import SystemClock
from replication.manifest import LtxName
from tests.integration.s3_server import (
    BUCKET,
    KEY,
    S3Server,
    program,
    s3_server,
    store_of,
    writer_of,
)

if TYPE_CHECKING:
    from pathlib import Path

LINEAGE: Final = "0123456789abcdef" * 2
NAME: Final = LtxName(level=9, min_txid=1, max_txid=7)
GONE: Final = LtxName(level=0, min_txid=8, max_txid=8)
DATA: Final = bytes(range(256)) * 2_000
SITE: Final = S3Key(access_key_id="oslo", secret_access_key="a secret of the branch")
READ_ONLY: Final = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": [SITE.access_key_id]},
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{BUCKET}/holdfast/*",
        },
        {
            "Effect": "Allow",
            "Principal": {"AWS": [SITE.access_key_id]},
            "Action": "s3:ListBucket",
            "Resource": f"arn:aws:s3:::{BUCKET}",
        },
    ],
}
"""The policy of the page; versitygw, as MinIO and Amazon with a bucket policy, names whom."""


async def give_rights(server: S3Server) -> None:
    """What the administrator of the store does: a key for sites, and what it may."""
    endpoint = f"http://127.0.0.1:{server.port}"
    made = await asyncio.create_subprocess_exec(
        *(program(), "admin", "-a", KEY.access_key_id, "-s", KEY.secret_access_key),
        *("--er", endpoint, "create-user", "--role", "user"),
        *("--access", SITE.access_key_id, "--secret", SITE.secret_access_key),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await made.communicate()
    assert made.returncode == 0, said
    body = json.dumps(READ_ONLY).encode()
    headers = signed(f"{endpoint}/{BUCKET}", "policy=", body)
    async with (
        aiohttp.ClientSession() as session,
        session.put(f"{endpoint}/{BUCKET}?policy=", data=body, headers=headers) as response,
    ):
        assert response.status in {200, 204}, await response.text()


def amz_date() -> str:
    """This moment, as AWS writes it."""
    seconds = SystemClock().wall_ms() / 1000
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%SZ")


def signed(url: str, query: str, body: bytes) -> dict[str, str]:
    """The headers of AWS Signature Version 4 for a PUT; our clients have no word for policies."""
    parts, digest = urlsplit(url), hashlib.sha256(body).hexdigest()
    moment = amz_date()
    scope = f"{moment[:8]}/us-east-1/s3/aws4_request"
    headers = {"host": parts.netloc, "x-amz-content-sha256": digest, "x-amz-date": moment}
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    canonical = f"PUT\n{parts.path}\n{query}\n{lines}\n{names}\n{digest}"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{KEY.secret_access_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashed}"
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    credential = f"Credential={KEY.access_key_id}/{scope}"
    words = f"AWS4-HMAC-SHA256 {credential}, SignedHeaders={names}, Signature={signature}"
    return {**headers, "Authorization": words}


async def test_a_site_that_may_only_read_can_read_and_nothing_else(tmp_path: Path) -> None:
    async with s3_server(tmp_path / "s3", with_users=True) as server:
        place = server.place()
        path = f"{place.path(LINEAGE)}/0009/{NAME.min_txid:016x}-{NAME.max_txid:016x}.ltx"
        await obstore.put_async(writer_of(server), path, DATA)
        stranger = S3Source(place, SITE)
        with pytest.raises(SourceDownError):
            await read(stranger, NAME)
        await give_rights(server)
        key_file = tmp_path / "site.key"
        write_private(
            key_file,
            f'access_key_id = "{SITE.access_key_id}"\n'
            f'secret_access_key = "{SITE.secret_access_key}"\n'.encode(),
        )
        source = S3Source(replace(place, key_file=key_file), read_s3_key(key_file))
        assert await source.problem(LINEAGE) == ""
        assert await read(source, NAME) == DATA
        assert list(await source.names(LINEAGE)) == [NAME]
        with pytest.raises(NotThereError):
            await read(source, GONE)
        await refused(server, path)
        assert await read(source, NAME) == DATA


async def refused(server: S3Server, path: str) -> None:
    """With the site's key nothing can be written, changed or deleted."""
    client = store_of(server, SITE)
    for attempt in (
        obstore.put_async(client, path, b"a directory of my own making"),
        obstore.put_async(client, f"{path}.more", b"x"),
        obstore.delete_async(client, path),
    ):
        with pytest.raises((PermissionError, obstore.exceptions.BaseError)):
            await attempt
    assert (server.bucket / path).read_bytes() == DATA
    assert not (server.bucket / f"{path}.more").exists()


async def read(source: S3Source, name: LtxName) -> bytes:
    return b"".join([piece async for piece in source.fetch(name, LINEAGE)])
