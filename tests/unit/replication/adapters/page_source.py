"""A database whose transactions become LTX files, without litestream: exact and quick."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import pysqlite3.dbapi2 as sqlite

from replication.adapters.ltx_folder import ltx_path
from replication.manifest import LtxName
from tests.unit.replication.ltx_encoder import Ltx

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

LINEAGE = "0123456789abcdef" * 2


class PageSource:
    """Keeps the image of every TXID and writes any range of them as an LTX file below `root`."""

    def __init__(self, path: Path, root: Path, *, page_size: int = 1024) -> None:
        self._path = path
        self.root = root
        self.page_size = page_size
        self.images: list[bytes] = [b""]
        self._connection: Any = sqlite.connect(str(path), isolation_level=None)
        self._connection.execute(f"PRAGMA page_size={page_size}")
        self._connection.execute("PRAGMA journal_mode=WAL")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    @property
    def txid(self) -> int:
        return len(self.images) - 1

    def commit(self, *statements: str) -> int:
        """Run `statements` in one transaction (a lone VACUUM by itself); return its TXID."""
        alone = len(statements) == 1
        for statement in statements if alone else ("BEGIN", *statements, "COMMIT"):
            self._connection.execute(statement)
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.images.append(self._path.read_bytes())
        return self.txid

    def pages(self, txid: int) -> dict[int, bytes]:
        image = self.images[txid]
        size = self.page_size
        return {at // size + 1: image[at : at + size] for at in range(0, len(image), size)}

    def encode(self, low: int, high: int) -> bytes:
        """The changes of the transactions low..high; of everything where low is 1."""
        after = self.pages(high)
        touched = set(after) if low == 1 else self._touched(low, high)
        return Ltx(
            pages={number: page for number, page in after.items() if number in touched},
            min_txid=low,
            max_txid=high,
            commit=len(after),
            page_size=self.page_size,
        ).encode()

    def _touched(self, low: int, high: int) -> set[int]:
        """Also pages that changed and changed back: a reader may stand in between."""
        touched = set()
        for txid in range(low, high + 1):
            before = self.pages(txid - 1)
            touched |= {n for n, page in self.pages(txid).items() if before.get(n) != page}
        return touched

    def write(self, level: int, low: int, high: int) -> LtxName:
        name = LtxName(level=level, min_txid=low, max_txid=high)
        path = ltx_path(self.root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.encode(low, high))
        return name
