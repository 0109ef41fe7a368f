"""Headquarters gives a large file packed to who takes it so, and as it is to everybody else."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from replication.adapters.ltx_folder import ltx_path
from replication.adapters.packed_folder import PackedFolder
from replication.manifest import LEVEL_SNAPSHOT, LtxName
from replication.packed_file import CONTENT_TYPE, FROM_HEADER, PIECE_BYTES, Unpacker
from tests.integration.link_tools import joined, session_with, site_context
from tests.integration.link_world import LOOPBACK, primary_end

if TYPE_CHECKING:
    from pathlib import Path

NAME = LtxName(level=LEVEL_SNAPSHOT, min_txid=1, max_txid=3)
CONTENT = random.Random(5).randbytes(PIECE_BYTES) + b"and so on " * 100_000
TAKES = {"Accept": CONTENT_TYPE}


async def test_a_large_file_travels_packed_from_any_byte_on(tmp_path: Path) -> None:
    store = tmp_path / "hq" / "store"
    async with primary_end(tmp_path / "hq", with_litestream=False) as primary:
        identity = await joined(primary, tmp_path)
        path = ltx_path(store, NAME)
        path.parent.mkdir(parents=True)
        path.write_bytes(CONTENT)
        url = f"https://{LOOPBACK}:{primary.port}/v1/ltx/file/{primary.publisher.lineage}/{NAME}"
        async with session_with(site_context(identity)) as session:
            for is_packed in (False, True):
                async with session.get(url, headers=TAKES) as response:
                    assert (response.content_type == CONTENT_TYPE) == is_packed
                    assert is_packed or await response.read() == CONTENT
                PackedFolder(tmp_path / "hq" / "packed", store).make(NAME)
            for begin, piece in ((0, 0), (PIECE_BYTES + 7, PIECE_BYTES)):
                headers = TAKES | {"Range": f"bytes={begin}-"}
                async with session.get(url, headers=headers) as response:
                    assert (response.status, response.headers[FROM_HEADER]) == (200, str(piece))
                    body = await response.read()
                assert len(body) < len(CONTENT) - piece
                assert b"".join(Unpacker().feed(body)) == CONTENT[piece:]
            for headers in ({}, TAKES | {"Range": "bytes=-5"}):
                async with session.get(url, headers=headers) as response:
                    assert response.content_type != CONTENT_TYPE
                    assert CONTENT.endswith(await response.read())
