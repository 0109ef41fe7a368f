"""Files of the real litestream, of the smallest and the largest pages that SQLite has."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pysqlite3.dbapi2 as sqlite
import pytest

from replication.position import Position
from tests.integration.replication_world import LINEAGE, running_primary, running_site

if TYPE_CHECKING:
    from pathlib import Path

WORK = (
    ("UPDATE users SET note = 'changed' WHERE id = 7",),
    ("CREATE INDEX by_note ON users (note)",),
    ("CREATE TABLE large AS SELECT zeroblob(400000) AS hole",),
    ("DROP TABLE large", "DROP INDEX by_note"),
    ("DELETE FROM users WHERE id > 1000",),
)


@pytest.mark.parametrize("page_size", [512, 1024, 16_384, 65_536])
async def test_litestreams_files_of_any_page_size_are_followed(
    tmp_path: Path, page_size: int
) -> None:
    with closing(sqlite.connect(str(tmp_path / "directory.db"), isolation_level=None)) as made:
        made.execute(f"PRAGMA page_size={page_size}")
        made.execute("CREATE TABLE first (a)")
    async with running_primary(tmp_path) as primary, running_site(tmp_path, primary) as site:
        image = b""
        for statements in (*WORK, ("VACUUM",)):
            if statements == ("VACUUM",):
                primary.connection.execute("VACUUM")
            else:
                primary.commit(*statements)
            txid, image = await primary.image()
            assert await site.catch_up(primary.manifest()) == Position(lineage=LINEAGE, txid=txid)
            assert await site.image() == image
        assert len(image) % page_size == 0
        assert int.from_bytes(image[16:18], "big") in {page_size, page_size >> 16}
