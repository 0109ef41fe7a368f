"""A page delta rebuilds exactly the pages it was made of, or is refused as a whole."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replication.errors import ReplicationError
from replication.ltx import lock_page
from replication.page_delta import (
    BadDeltaError,
    PageDelta,
    Step,
    dictionary_of,
    make_delta,
    read_delta,
)

SIZE = 512
draw = random.Random(11)
OLD = {number: draw.randbytes(SIZE) for number in range(1, 6)}


def changed(image: bytes, offset: int, value: bytes) -> bytes:
    return image[:offset] + value + image[offset + len(value) :]


NEW = {1: changed(OLD[1], 24, b"1234"), 3: changed(OLD[3], 100, b"x"), 6: draw.randbytes(SIZE)}
STEP = Step(
    page_size=SIZE, base_txid=7, base_commit=5, txid=9, commit=6, timestamp_ms=1_800_000_000_000
)
DELTA = make_delta(STEP, sorted(NEW.items()), OLD.__getitem__)


def rebuilt(data: bytes, base: dict[int, bytes] | None = None) -> dict[int, bytes]:
    images = OLD if base is None else base
    return read_delta(data).rebuild(images.__getitem__, base_txid=7, base_commit=5)


def test_a_delta_gives_back_the_pages_it_was_made_of() -> None:
    delta = read_delta(DELTA)
    assert delta.step == STEP
    assert rebuilt(DELTA) == NEW


def test_a_small_change_is_a_small_delta() -> None:
    one = make_delta(replace(STEP, commit=5), [(3, NEW[3])], OLD.__getitem__)
    assert len(one) < 80 < SIZE


def test_the_bytes_that_sqlite_rewrites_on_page_one_do_not_matter() -> None:
    other = dict(OLD)
    for first, end in ((18, 20), (24, 28), (92, 100)):
        other[1] = changed(other[1], first, bytes(range(end - first)))
    assert rebuilt(DELTA, other) == NEW


def test_only_page_one_is_masked() -> None:
    assert dictionary_of(2, OLD[2]) == OLD[2]
    assert dictionary_of(1, OLD[1]) != OLD[1]
    assert dictionary_of(1, b"") == b""


def test_a_database_that_only_shrinks_has_an_empty_delta() -> None:
    shrunk = replace(STEP, commit=2)
    assert rebuilt(make_delta(shrunk, [], OLD.__getitem__)) == {}


@pytest.mark.parametrize("page", [2, 3])
def test_another_old_image_is_found_out(page: int) -> None:
    base = OLD | {page: draw.randbytes(SIZE)}
    if page in NEW:
        with pytest.raises(BadDeltaError):
            rebuilt(DELTA, base)
    else:
        assert rebuilt(DELTA, base) == NEW


def test_a_frame_of_another_page_with_a_right_checksum_is_found_by_the_digest() -> None:
    delta = read_delta(DELTA)
    swapped = PageDelta(step=delta.step, pages=delta.pages[1:], digest=delta.digest)
    with pytest.raises(BadDeltaError):
        swapped.rebuild(OLD.__getitem__, base_txid=7, base_commit=5)


@pytest.mark.parametrize(("base_txid", "base_commit"), [(6, 5), (8, 5), (7, 4)])
def test_whoever_stands_elsewhere_refuses(base_txid: int, base_commit: int) -> None:
    with pytest.raises(BadDeltaError):
        read_delta(DELTA).rebuild(OLD.__getitem__, base_txid=base_txid, base_commit=base_commit)


@given(place=st.integers(0, len(DELTA) - 1), bit=st.integers(0, 7))
def test_no_flipped_bit_ever_makes_another_page(place: int, bit: int) -> None:
    damaged = bytearray(DELTA)
    damaged[place] ^= 1 << bit
    try:
        made = rebuilt(bytes(damaged))
    except BadDeltaError:
        return
    # zstd has bits that change nothing, such as the size of a window that is large enough.
    assert (made, read_delta(bytes(damaged)).step) == (NEW, STEP)


@given(cut=st.integers(0, len(DELTA) - 1))
def test_no_truncated_delta_is_ever_believed(cut: int) -> None:
    with pytest.raises(BadDeltaError):
        read_delta(DELTA[:cut])


@given(data=st.binary(max_size=200))
def test_noise_is_refused_and_never_breaks_the_reader(data: bytes) -> None:
    with pytest.raises(ReplicationError):
        rebuilt(b"HFD1" + data)


def test_what_follows_the_delta_is_refused() -> None:
    with pytest.raises(BadDeltaError):
        read_delta(DELTA + b"\0")


@pytest.mark.parametrize(
    "step",
    [
        replace(STEP, page_size=256),
        replace(STEP, page_size=131_072),
        replace(STEP, base_txid=0),
        replace(STEP, base_txid=9),
        replace(STEP, base_commit=0),
        replace(STEP, commit=0),
        replace(STEP, commit=5),
    ],
)
def test_an_impossible_step_is_refused(step: Step) -> None:
    with pytest.raises(BadDeltaError):
        read_delta(make_delta(step, sorted(NEW.items()), lambda _: bytes(SIZE)))


def test_the_lock_page_never_travels() -> None:
    number = lock_page(SIZE)
    big = replace(STEP, base_commit=number, commit=number)
    with pytest.raises(BadDeltaError):
        read_delta(make_delta(big, [(number, bytes(SIZE))], lambda _: bytes(SIZE)))


@given(
    size=st.sampled_from([512, 1024, 4096, 65_536]),
    changes=st.dictionaries(st.integers(1, 40), st.binary(min_size=1, max_size=64), max_size=20),
    base_commit=st.integers(1, 40),
)
def test_any_change_of_any_pages_comes_through(
    size: int, changes: dict[int, bytes], base_commit: int
) -> None:
    def base(number: int) -> bytes:
        return random.Random(number).randbytes(size)

    step = replace(STEP, page_size=size, base_commit=base_commit, commit=40)
    pages = [(n, changed(base(n), n, value)) for n, value in sorted(changes.items())]

    delta = read_delta(make_delta(step, pages, base))

    assert delta.rebuild(base, base_txid=7, base_commit=base_commit) == dict(pages)
