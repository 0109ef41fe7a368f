"""What of the journal may go, what must stay, and that nobody can tell the difference."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failure_modes.vocabulary import WallMs
from replication.entry_bodies import Body, CopyFinished
from replication.journal import follows
from replication.testing import ManualClock
from site_server.store.journal_past import PIECE_ENTRIES, Cover
from site_server.store.site_store import SiteStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from site_server.store.unit_of_work import UnitOfWork

HOUR_MS = 3_600_000
WINDOW_MS = 24 * HOUR_MS
PAYERS = ("user:ada", "user:grace")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(tmp_path: Path, clock: ManualClock) -> Iterator[SiteStore]:
    store = store_in(tmp_path, clock)
    yield store
    store.close()


def store_in(folder: Path, clock: ManualClock, epoch: int = 1) -> SiteStore:
    return SiteStore(folder / "site.db", site_name="oslo", epoch=epoch, clock=clock)


def charge(payer: str, cost_micros: int) -> Body:
    return CopyFinished(
        copy_uuid="01234567-89ab-cdef-0123-456789abcdef",
        user_name="ada",
        printer_name="p",
        payer=payer,
        cost_micros=cost_micros,
        mono_pages=1,
        colour_pages=0,
    )


def cover(seq: int, heartbeat_ms: int, epoch: int = 1) -> Cover:
    return Cover(
        watermarks={("oslo", epoch): seq},
        heartbeat_wall_ms=WallMs(heartbeat_ms),
        backup_window_ms=WINDOW_MS,
    )


async def write(store: SiteStore, count: int) -> None:
    def work(unit: UnitOfWork) -> None:
        for number in range(count):
            unit.journal.append(charge(PAYERS[number % 2], number + 1))

    await store.write(work)


async def prune(store: SiteStore, seen: Cover, now_ms: int) -> int:
    """As the service does it: note the watermark, then take away piece after piece."""
    await store.write(lambda unit: unit.past.note(seen, WallMs(now_ms)))
    gone = 0
    while piece := await store.write(lambda unit: unit.past.prune(seen, WallMs(now_ms))):
        assert piece <= PIECE_ENTRIES
        gone += piece
    return gone


def kept(store: SiteStore) -> list[int]:
    return [entry.seq for entry in store.entries(1, store.head().seq)]


async def test_an_entry_goes_once_it_is_merged_and_the_window_has_passed(
    store: SiteStore, clock: ManualClock
) -> None:
    await write(store, 5)
    began_ms = clock.wall_ms()
    assert await prune(store, cover(3, began_ms), began_ms) == 0
    almost_ms = began_ms + WINDOW_MS - 1
    assert await prune(store, cover(4, almost_ms), almost_ms) == 0
    then_ms = began_ms + WINDOW_MS
    assert await prune(store, cover(5, then_ms), then_ms) == 3
    assert kept(store) == [4, 5]
    assert store.pruned_seq() == 3


async def test_what_no_replica_covers_stays_for_ever(store: SiteStore, clock: ManualClock) -> None:
    await write(store, 5)
    for year in range(1, 4):
        now_ms = clock.wall_ms() + year * 365 * 24 * HOUR_MS
        assert await prune(store, cover(0, now_ms), now_ms) == 0
    assert kept(store) == [1, 2, 3, 4, 5]


async def test_a_journal_that_is_wholly_pruned_goes_on_with_number_and_hash(
    tmp_path: Path, clock: ManualClock
) -> None:
    store = store_in(tmp_path, clock)
    await write(store, 3)
    last = store.head()
    began_ms = clock.wall_ms()
    await prune(store, cover(3, began_ms), began_ms)
    assert await prune(store, cover(3, began_ms + WINDOW_MS), began_ms + WINDOW_MS) == 3
    store.close()

    store = store_in(tmp_path, clock)
    assert store.entries(1, 10) == []
    assert store.head() == last
    await write(store, 1)
    (entry,) = store.entries(1, 10)
    assert follows(entry, last)
    store.close()


async def test_a_long_past_goes_in_pieces(store: SiteStore, clock: ManualClock) -> None:
    many = 2 * PIECE_ENTRIES + 1
    await write(store, many)
    now_ms = clock.wall_ms()
    await prune(store, cover(many, now_ms), now_ms)
    old = cover(many, now_ms + WINDOW_MS)

    def piece(unit: UnitOfWork) -> int:
        return unit.past.prune(old, WallMs(now_ms + WINDOW_MS))

    pieces = [await store.write(piece) for _ in range(4)]
    assert pieces == [PIECE_ENTRIES, PIECE_ENTRIES, 1, 0]


@pytest.mark.parametrize("ahead_ms", [WINDOW_MS, 3650 * WINDOW_MS])
async def test_a_site_clock_that_is_far_ahead_prunes_nothing_too_early(
    store: SiteStore, clock: ManualClock, ahead_ms: int
) -> None:
    await write(store, 3)
    true_ms = clock.wall_ms()
    await prune(store, cover(3, true_ms), true_ms)
    assert await prune(store, cover(3, true_ms + HOUR_MS), true_ms + ahead_ms) == 0
    assert kept(store) == [1, 2, 3]


async def test_a_headquarters_clock_that_is_far_ahead_prunes_nothing_too_early(
    store: SiteStore, clock: ManualClock
) -> None:
    await write(store, 3)
    true_ms = clock.wall_ms()
    await prune(store, cover(3, true_ms), true_ms)
    assert await prune(store, cover(3, true_ms + 9 * WINDOW_MS), true_ms + HOUR_MS) == 0
    assert kept(store) == [1, 2, 3]


async def test_notes_of_a_wrong_clock_do_not_stop_pruning_for_ever(
    store: SiteStore, clock: ManualClock
) -> None:
    await write(store, 2)
    true_ms = clock.wall_ms()
    await prune(store, cover(1, true_ms), true_ms + 3650 * WINDOW_MS)
    await prune(store, cover(2, true_ms + HOUR_MS), true_ms + HOUR_MS)
    later_ms = true_ms + HOUR_MS + WINDOW_MS
    assert await prune(store, cover(2, later_ms), later_ms) == 2


async def test_after_a_restore_at_headquarters_the_window_begins_anew(
    store: SiteStore, clock: ManualClock
) -> None:
    await write(store, 4)
    began_ms = clock.wall_ms()
    await prune(store, cover(4, began_ms), began_ms)
    restored_ms = began_ms + WINDOW_MS - HOUR_MS
    await prune(store, cover(1, restored_ms), restored_ms)
    fed_ms = began_ms + WINDOW_MS
    assert await prune(store, cover(4, fed_ms), fed_ms) == 0
    again_ms = fed_ms + WINDOW_MS
    assert await prune(store, cover(4, again_ms), again_ms) == 4


async def test_a_former_epoch_is_pruned_too(tmp_path: Path, clock: ManualClock) -> None:
    first = store_in(tmp_path, clock)
    await write(first, 2)
    first.close()
    store = store_in(tmp_path, clock, epoch=2)
    await write(store, 1)
    now_ms = clock.wall_ms()
    await prune(store, cover(2, now_ms, epoch=1), now_ms)
    assert await prune(store, cover(2, now_ms + WINDOW_MS, epoch=1), now_ms + WINDOW_MS) == 2
    assert kept(store) == [1]
    store.close()


async def test_a_watermark_beyond_a_rolled_back_journal_prunes_nothing(
    store: SiteStore, clock: ManualClock
) -> None:
    await write(store, 2)
    now_ms = clock.wall_ms()
    await prune(store, cover(9, now_ms), now_ms)
    assert await prune(store, cover(9, now_ms + WINDOW_MS), now_ms + WINDOW_MS) == 0
    assert kept(store) == [1, 2]


STEPS = st.lists(
    st.tuples(
        st.integers(0, 4),  # entries written
        st.integers(0, 30),  # of what is written, how far the replica is (a restore goes back)
        st.integers(-2 * WINDOW_MS, 2 * WINDOW_MS),  # by how much the site's clock is wrong
        st.integers(0, WINDOW_MS),  # time that passes
    ),
    max_size=12,
)


@settings(deadline=None, max_examples=40)
@given(STEPS)
def test_at_any_time_nothing_unmerged_goes_and_every_sum_is_as_before(
    steps: list[tuple[int, int, int, int]],
) -> None:
    async def story(folder: Path) -> None:
        clock = ManualClock()
        store = store_in(folder, clock)
        true_ms, covered_since = clock.wall_ms() + 0, dict[int, int]()
        for written, reached, wrong_ms, passed_ms in steps:
            await write(store, written)
            true_ms += passed_ms
            watermark = max(min(reached, store.head().seq), store.pruned_seq())
            for seq in [seq for seq in covered_since if seq > watermark]:
                del covered_since[seq]
            for seq in range(1, watermark + 1):
                covered_since.setdefault(seq, true_ms)
            before, head = unmerged(store, watermark), store.head()
            await prune(store, cover(watermark, true_ms), true_ms + wrong_ms)
            assert unmerged(store, watermark) == before
            assert store.head() == head
            assert store.pruned_seq() <= watermark
            assert all(
                true_ms - covered_since[seq] >= WINDOW_MS
                for seq in range(1, store.pruned_seq() + 1)
            )
            left = store.entries(1, head.seq)
            assert [entry.seq for entry in left] == list(
                range(store.pruned_seq() + 1, head.seq + 1)
            )
            assert all(follows(after, one) for one, after in itertools.pairwise(left))
        store.close()

    with TemporaryDirectory() as folder:
        asyncio.run(story(Path(folder)))


def unmerged(store: SiteStore, watermark: int) -> list[int]:
    with store.read() as site:
        return [site.unmerged_micros(payer, {("oslo", 1): watermark}) for payer in PAYERS]
