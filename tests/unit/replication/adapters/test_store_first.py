"""Two ways to the same files: the store first, headquarters for what it does not give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from replication.adapters.ltx_fetch import NotThereError, SourceDownError
from replication.adapters.store_first import AVOIDED_MS, StoreFirst
from replication.manifest import LtxName
from replication.testing import ManualClock

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

LINEAGE = "a" * 32
NAMES = [LtxName(level=0, min_txid=n, max_txid=n) for n in range(1, 6)]
DATA = b"0123456789"


class Way:
    """Gives `DATA` for every name; `error` after so many bytes."""

    def __init__(self) -> None:
        self.asked: list[tuple[LtxName, int]] = []
        self.error: Exception | None = None
        self.bytes_before = 0

    async def fetch(
        self, name: LtxName, lineage: str, offset_bytes: int = 0
    ) -> AsyncGenerator[bytes, None]:
        assert lineage == LINEAGE
        self.asked.append((name, offset_bytes))
        end = len(DATA) if self.error is None else offset_bytes + self.bytes_before
        if DATA[offset_bytes:end]:
            yield DATA[offset_bytes:end]
        if self.error is not None:
            raise self.error


class Both:
    def __init__(self) -> None:
        self.store, self.primary, self.clock = Way(), Way(), ManualClock()
        self.first = StoreFirst(
            store=self.store.fetch, primary=self.primary.fetch, clock=self.clock
        )

    async def read(self, name: LtxName, at: int = 0) -> bytes:
        return b"".join([piece async for piece in self.first.fetch(name, LINEAGE, at)])


@pytest.fixture
def both() -> Both:
    return Both()


async def test_the_store_gives_and_headquarters_is_not_asked(both: Both) -> None:
    assert await both.read(NAMES[0]) == DATA
    assert await both.read(NAMES[1], at=4) == DATA[4:]
    assert both.primary.asked == []
    assert both.first.from_store == 2


async def test_what_the_store_broke_off_is_continued_from_headquarters(
    both: Both, caplog: pytest.LogCaptureFixture
) -> None:
    both.store.error, both.store.bytes_before = SourceDownError("it burns"), 3
    assert await both.read(NAMES[0], at=2) == DATA[2:]
    assert both.primary.asked == [(NAMES[0], 5)]
    assert [record.getMessage() for record in caplog.records] == [
        "files are fetched from headquarters, not from the store: it burns"
    ]


async def test_a_store_that_failed_is_left_alone_for_a_while(
    both: Both, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    both.store.error = SourceDownError("it burns")
    await both.read(NAMES[0])
    both.store.error = None
    both.clock.advance(AVOIDED_MS - 1)
    await both.read(NAMES[1])
    assert len(both.store.asked) == 1
    both.clock.advance(1)
    await both.read(NAMES[2])
    assert len(both.store.asked) == 2
    assert len(both.primary.asked) == 2
    assert caplog.records[-1].getMessage() == "files are fetched from the store again"


async def test_a_file_that_the_store_no_longer_has_is_no_fault_of_the_store(both: Both) -> None:
    both.store.error = NotThereError()
    assert await both.read(NAMES[0]) == DATA
    both.store.error = None
    await both.read(NAMES[1])
    assert both.primary.asked == [(NAMES[0], 0)]


async def test_what_is_asked_again_had_wrong_bytes_and_comes_from_headquarters(
    both: Both, caplog: pytest.LogCaptureFixture
) -> None:
    await both.read(NAMES[0])
    await both.read(NAMES[0])
    assert both.primary.asked == [(NAMES[0], 0)]
    assert "other bytes" in caplog.text
    await both.read(NAMES[1])
    assert len(both.primary.asked) == 1


async def test_what_neither_has_is_not_there(both: Both) -> None:
    both.store.error = both.primary.error = NotThereError()
    with pytest.raises(NotThereError):
        await both.read(NAMES[0])
