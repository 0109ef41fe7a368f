"""The heartbeat row's `min_reader`, read from page images before anybody opens them as a database.

Theory of operation
-------------------
A site must not apply what it cannot read. What it can read says the heartbeat row, and that row
travels in the pages that are to be applied. So it is looked up there: the schema table, which
begins on page 1, says on which page the table `heartbeat` begins, and that page holds its one row.
That much of SQLite's file format (sqlite.org/fileformat2.html, sections 1.5, 1.6 and 2.1) is
promised not to change, and ours are the promises that the table keeps its name and `min_reader` its
place, whatever else becomes of the schema.

The place of the table is remembered for as long as the schema's cookie is the same, so the common
case looks at one page, and at none where the row did not change.

Rejected: to ask SQLite, inside the transaction and before its commit. It remembers of pages what
was true before they were written below it. And to have headquarters say it over the link: files
come from stores and mirrors, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Pages = Callable[[int], bytes]

TABLE: Final = b"heartbeat"
MIN_READER_COLUMN: Final = 3
ROOT_COLUMN: Final = 3
NAME_COLUMN: Final = 1
DEPTH_MAX: Final = 12
"""Of a tree; SQLite's own bound is 20, and a schema needs 3."""
CELLS_MAX: Final = 65_536 // 4
LEAF: Final = 13
INTERIOR: Final = 5
FIRST_TEXT: Final = 13
_INTEGER_BYTES: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}

Value = int | bytes | None


class HeartPage:
    """Where the heartbeat row of one lineage lies."""

    def __init__(self) -> None:
        self._cookie = b""
        self._root: int | None = None

    def root(self, pages: Pages) -> int | None:
        """The page on which the table begins; None where there is no such table."""
        cookie = pages(1)[40:44]
        if cookie != self._cookie or self._root is None:
            self._cookie, self._root = cookie, _root_of_heartbeat(pages)
        return self._root

    def min_reader(self, pages: Pages) -> int | None:
        """What the row asks for; None where there is no such row."""
        root = self.root(pages)
        if root is None:
            return None
        row = next(_rows(pages, root), [])
        found = row[MIN_READER_COLUMN] if len(row) > MIN_READER_COLUMN else None
        return found if isinstance(found, int) else None


def _root_of_heartbeat(pages: Pages) -> int | None:
    for row in _rows(pages, 1):
        if len(row) > ROOT_COLUMN and row[0] == b"table" and row[NAME_COLUMN] == TABLE:
            root = row[ROOT_COLUMN]
            return root if isinstance(root, int) else None
    return None


def _rows(pages: Pages, number: int, depth: int = 0) -> Iterator[list[Value]]:
    """The rows of a table's tree, in order."""
    page = pages(number)
    start = 100 if number == 1 else 0
    kind, count = page[start], _number(page, start + 3, 2)
    if depth > DEPTH_MAX or count > CELLS_MAX:
        return
    first = start + (12 if kind == INTERIOR else 8)
    cells = [_number(page, first + 2 * index, 2) for index in range(count)]
    if kind == LEAF:
        for cell in cells:
            yield _values(_payload(pages, page, cell))
    elif kind == INTERIOR:
        for child in (*(_number(page, cell, 4) for cell in cells), _number(page, start + 8, 4)):
            yield from _rows(pages, child, depth + 1)


def _payload(pages: Pages, page: bytes, cell: int) -> bytes:
    """The record of a leaf's cell, with what did not fit into its page."""
    size, at = _varint(page, cell)
    _, at = _varint(page, at)
    usable = len(page) - pages(1)[20]
    local = size
    if size > usable - 35:
        least = (usable - 12) * 32 // 255 - 23
        local = least + (size - least) % (usable - 4)
        local = local if local <= usable - 35 else least
    payload = page[at : at + local]
    more = _number(page, at + local, 4)
    while len(payload) < size and more:
        page = pages(more)
        more = _number(page, 0, 4)
        payload += page[4 : min(usable, 4 + size - len(payload))]
    return payload


def _values(record: bytes) -> list[Value]:
    header_bytes, at = _varint(record, 0)
    types = []
    while at < header_bytes:
        kind, at = _varint(record, at)
        types.append(kind)
    values: list[Value] = []
    for kind in types:
        value, at = _value(record, at, kind)
        values.append(value)
    return values


def _value(record: bytes, at: int, kind: int) -> tuple[Value, int]:
    if kind in _INTEGER_BYTES:
        end = at + _INTEGER_BYTES[kind]
        return int.from_bytes(record[at:end], "big", signed=True), end
    if kind in {8, 9}:
        return kind - 8, at
    if kind >= FIRST_TEXT - 1:
        end = at + (kind - FIRST_TEXT + 1) // 2
        return record[at:end], end
    return None, at + (8 if kind == 7 else 0)  # noqa: PLR2004 - a float, which none of ours is


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index in range(8):
        byte = data[at + index]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:  # noqa: PLR2004 - the bit that says: more follows
            return value, at + index + 1
    return value << 8 | data[at + 8], at + 9


def _number(page: bytes, at: int, size: int) -> int:
    return int.from_bytes(page[at : at + size], "big")
