"""What is remembered of a transfer from NATS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from replication.adapters.nats_cursors import KEPT, Cursor, Cursors

if TYPE_CHECKING:
    from pathlib import Path


def cursor(place: int, number: str = "a") -> Cursor:
    return Cursor(number=number, sequence=10 * place, offset_bytes=1_000 * place)


def test_reading_goes_on_at_the_last_place_that_is_not_beyond_what_is_here(tmp_path: Path) -> None:
    cursors = Cursors(tmp_path / "memory")
    for place in (1, 2, 3):
        cursors.passed(cursor(place))
    for known in (cursors, Cursors(tmp_path / "memory")):
        assert known.before("a", 2_999) == cursor(2)
        assert known.before("a", 9_999) == cursor(3)
        assert known.before("a", 999) == Cursor(number="a")


def test_another_object_begins_at_its_beginning_and_takes_the_place(tmp_path: Path) -> None:
    cursors = Cursors(None)
    cursors.passed(cursor(1))
    assert cursors.before("b", 5_000) == Cursor(number="b")
    cursors.passed(cursor(2, "b"))
    assert cursors.before("a", 5_000) == Cursor(number="a")


def test_it_does_not_grow(tmp_path: Path) -> None:
    path = tmp_path / "memory"
    cursors = Cursors(path)
    for place in range(1, 10 * KEPT):
        cursors.passed(cursor(place))
    assert cursors.before("a", 1_000) == Cursor(number="a")
    assert path.stat().st_size < 100 * KEPT


@pytest.mark.parametrize("content", ["", "{", "[1]", '[{"number": "a"}]', "é"])
def test_a_memory_that_cannot_be_read_is_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "memory"
    path.write_text(content)
    assert Cursors(path).before("a", 5_000) == Cursor(number="a")


def test_where_it_cannot_be_written_a_transfer_goes_on_all_the_same(tmp_path: Path) -> None:
    cursors = Cursors(tmp_path / "no such folder" / "memory")
    cursors.passed(cursor(1))
    assert cursors.before("a", 1_000) == cursor(1)
