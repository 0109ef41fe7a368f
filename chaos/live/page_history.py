"""A real database that lives through random work, with the image of every state it was in.

Each transaction gets a TXID. From any two states come the LTX file and the page delta that lead
from the one to the other, made of the real page images; so whatever applies them must come to
exactly the image that is kept here.

The work is everything that moves pages about: rows of all sizes, deletions, indexes, new columns
and tables, dropped ones, VACUUM, and values that change and change back (a page may then be again
what it was before, which a delta does not carry).
"""
# ruff: noqa: S608 - the statements are made here, of numbers

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

import pysqlite3.dbapi2 as sqlite

from replication.ltx import LtxHeader, lock_page
from replication.ltx_write import write_ltx
from replication.page_delta import Step, make_delta

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from random import Random
    from types import TracebackType

TIMESTAMP_MS: Final = 1_800_000_000_000
CHANGED_BY_REPLICA: Final = ((24, 28), (72, 100))
"""Bytes of page 1 that the replica's SQLite, and the applier, write for themselves."""


class PageHistory:
    """The database `path`; `images[n]` is it at TXID n. TXID 1 is its first table."""

    def __init__(
        self, path: Path, random: Random, *, page_size: int = 1024, auto_vacuum: int = 0
    ) -> None:
        self.page_size = page_size
        self.images: list[bytes] = [b""]
        self._path = path
        self._random = random
        self._made = 0
        self._connection: Any = sqlite.connect(str(path), isolation_level=None)
        for pragma in (
            f"page_size={page_size}",
            f"auto_vacuum={auto_vacuum}",
            "journal_mode=WAL",
            "synchronous=OFF",
        ):
            self._connection.execute(f"PRAGMA {pragma}")
        self.commit(
            "CREATE TABLE users (id INTEGER PRIMARY KEY, balance INTEGER, note BLOB)",
            "CREATE TABLE site (name TEXT PRIMARY KEY, watermark INTEGER)",
            "INSERT INTO site VALUES ('oslo', 0)",
        )

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
        """The newest TXID."""
        return len(self.images) - 1

    def commit(self, *statements: str) -> int:
        """Run them as one transaction (a lone one by itself); its TXID."""
        alone = len(statements) == 1
        for statement in statements if alone else ("BEGIN", *statements, "COMMIT"):
            self._connection.execute(statement)
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.images.append(self._path.read_bytes())
        return self.txid

    def work(self, kind: str | None = None) -> int:
        """Do one piece of `WORK` as one transaction; its TXID."""
        kind = kind or self._random.choice(tuple(WORK))
        self._made += 1
        return self.commit(*WORK[kind](self._random, self._made))

    def ltx(self, low: int, high: int) -> bytes:
        """The LTX file of the transactions low..high: complete where low is 1."""
        pages = self.pages(high)
        touched = set(pages) if low == 1 else self._touched(low, high)
        header = LtxHeader(
            page_size=self.page_size,
            commit=self._commit(high),
            min_txid=low,
            max_txid=high,
            timestamp_ms=TIMESTAMP_MS,
        )
        return write_ltx(header, ((n, page) for n, page in pages.items() if n in touched))

    def delta(self, base: int, txid: int) -> bytes:
        """The page delta from the one TXID to the other: only what differs between the two."""
        old, new = self.pages(base), self.pages(txid)
        step = Step(
            page_size=self.page_size,
            base_txid=base,
            base_commit=self._commit(base),
            txid=txid,
            commit=self._commit(txid),
            timestamp_ms=TIMESTAMP_MS,
        )
        changed = ((n, page) for n, page in new.items() if old.get(n) != page)
        return make_delta(step, changed, lambda number: old[number])

    def states(self) -> Mapping[bytes, frozenset[int]]:
        """Every image, without what replicas write for themselves, and the TXIDs it stands for."""
        found: dict[bytes, frozenset[int]] = {}
        for txid, image in enumerate(self.images):
            key = comparable(image)
            found[key] = found.get(key, frozenset()) | {txid}
        return found

    def pages(self, txid: int) -> dict[int, bytes]:
        """The page images at a TXID, but for the page that SQLite locks."""
        image, size = self.images[txid], self.page_size
        pages = {at // size + 1: image[at : at + size] for at in range(0, len(image), size)}
        pages.pop(lock_page(size), None)
        return pages

    def _commit(self, txid: int) -> int:
        return len(self.images[txid]) // self.page_size

    def _touched(self, low: int, high: int) -> set[int]:
        """Also pages that changed and changed back: a reader may stand in between."""
        touched: set[int] = set()
        for txid in range(low, high + 1):
            before = self.pages(txid - 1)
            touched |= {n for n, page in self.pages(txid).items() if before.get(n) != page}
        return touched


def comparable(image: bytes) -> bytes:
    """An image without the bytes that each side writes for itself."""
    copy = bytearray(image)
    for first, end in CHANGED_BY_REPLICA if image else ():
        copy[first:end] = bytes(end - first)
    return bytes(copy)


def _insert(random: Random, _made: int) -> tuple[str, ...]:
    count, size = random.randint(1, 60), random.choice((0, 10, 100, 700, 3_000))
    rows = (
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
        f" INSERT INTO users(balance, note) SELECT i, zeroblob({size}) || printf('%016x',"
        f" i * {random.getrandbits(40)}) FROM n"
    )
    return (
        rows,
        f"UPDATE site SET watermark = watermark + {count}",
    )


def _update(random: Random, made: int) -> tuple[str, ...]:
    part = random.choice((1, 3, 20))
    return (
        f"UPDATE users SET balance = {made} WHERE id % {part} = 0",
        "UPDATE site SET watermark = watermark + 1",
    )


def _there_and_back(_random: Random, _made: int) -> tuple[str, ...]:
    return ("UPDATE users SET balance = -balance WHERE id % 7 = 0",)


def _delete(random: Random, _made: int) -> tuple[str, ...]:
    return (f"DELETE FROM users WHERE id % {random.choice((2, 3, 11))} = 0",)


def _cut_off(_random: Random, _made: int) -> tuple[str, ...]:
    return ("DELETE FROM users WHERE id > (SELECT max(id) / 2 FROM users)",)


def _vacuum(_random: Random, _made: int) -> tuple[str, ...]:
    return ("VACUUM",)


def _incremental(_random: Random, _made: int) -> tuple[str, ...]:
    return ("PRAGMA incremental_vacuum",)


def _index(_random: Random, _made: int) -> tuple[str, ...]:
    return ("CREATE INDEX IF NOT EXISTS by_balance ON users (balance)",)


def _no_index(_random: Random, _made: int) -> tuple[str, ...]:
    return ("DROP INDEX IF EXISTS by_balance",)


def _column(_random: Random, made: int) -> tuple[str, ...]:
    return (f"ALTER TABLE users ADD COLUMN extra_{made} TEXT DEFAULT 'none'",)


def _table(random: Random, made: int) -> tuple[str, ...]:
    rows = (
        f"INSERT INTO cards SELECT printf('%010d%030d', id * {random.getrandbits(30)} % 1000003,"
        f" id), id + {made} FROM users"
    )
    return (
        "DROP TABLE IF EXISTS cards",
        "CREATE TABLE cards (number TEXT PRIMARY KEY, owner INTEGER) WITHOUT ROWID",
        rows,
    )


def _no_table(_random: Random, _made: int) -> tuple[str, ...]:
    return ("DROP TABLE IF EXISTS cards",)


WORK: Final[Mapping[str, Callable[[Random, int], tuple[str, ...]]]] = {
    "insert": _insert,
    "update": _update,
    "there and back": _there_and_back,
    "delete": _delete,
    "cut off": _cut_off,
    "vacuum": _vacuum,
    "incremental vacuum": _incremental,
    "index": _index,
    "no index": _no_index,
    "column": _column,
    "table": _table,
    "no table": _no_table,
}
"""What a transaction may be. Each entry: its statements."""
