"""One page delta from any TXID that the store still knows to a newer one: for a site that was away.

Theory of operation
-------------------
The new images are the newest of each page in the cheapest chain from the one TXID to the other, as
a site would fetch it. The old ones are searched in the cheapest chain from nothing to the first
TXID, newest file first, by the files' indexes: what is found first is the newest. A page that no
file has was never written: zeros.

New images come from files that were proved whole: the delta vouches for them. Old ones need no
proof, for a wrong one makes a delta that the site refuses. Images lie in temporary files meanwhile,
so memory holds one page and the delta.
"""

from __future__ import annotations

import tempfile
from contextlib import closing
from typing import TYPE_CHECKING, Final

from replication.adapters.ltx_folder import ltx_path, scan_ltx
from replication.adapters.shadow import DELTA_IMAGE_BYTES_MAX
from replication.errors import ReplicationError
from replication.ltx import LtxHeader, read_ltx
from replication.ltx_index import read_unproved
from replication.page_delta import Step, make_delta
from replication.plan import GapError, cost, plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from replication.manifest import LtxName

CHAIN_FILES_MAX: Final = 20_000
"""Files read for one delta; the compaction of litestream keeps chains far below it."""


class NoDeltaError(ReplicationError):
    """No page delta can be made of this step: fetch the LTX files."""


class _Images:
    """Page images in a temporary file."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self._slots: dict[int, int] = {}
        self._page_size = 0

    def __contains__(self, number: int) -> bool:
        return number in self._slots

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self._slots))

    def __len__(self) -> int:
        return len(self._slots)

    def put(self, number: int, image: bytes) -> None:
        self._page_size = len(image)
        slot = self._slots.setdefault(number, len(self._slots))
        self._file.seek(slot * self._page_size)
        self._file.write(image)

    def get(self, number: int) -> bytes | None:
        slot = self._slots.get(number)
        if slot is None:
            return None
        self._file.seek(slot * self._page_size)
        return self._file.read(self._page_size)

    def close(self) -> None:
        self._file.close()


def delta_between(store: Path, base_txid: int, txid: int) -> bytes:
    """The delta from the one TXID to the other, from the files of `store`. Blocks for long.

    Errors: `NoDeltaError`; `ReplicationError` and `OSError` where a file is damaged or vanishes.
    """
    costs = {name: cost(status.st_size) for name, status in scan_ltx(store)}
    base_chain = _chain(None, base_txid, costs)
    chain = _chain(base_txid, txid, costs)
    with closing(_Images()) as new, closing(_Images()) as old:
        header = _newest(store, chain, new)
        base = _older(store, base_chain, new, old)
        if header.page_size != base.page_size:
            raise NoDeltaError
        step = Step(
            page_size=header.page_size,
            base_txid=base_txid,
            base_commit=base.commit,
            txid=txid,
            commit=header.commit,
            timestamp_ms=header.timestamp_ms,
        )
        zeros = bytes(header.page_size)
        return make_delta(step, _changed(step, new, old), lambda number: old.get(number) or zeros)


def _chain(
    begin_txid: int | None, end_txid: int, costs: Mapping[LtxName, int]
) -> Sequence[LtxName]:
    here = {name: each for name, each in costs.items() if name.max_txid <= end_txid}
    try:
        chain = plan(begin_txid, here)
    except GapError as error:
        raise NoDeltaError from error
    if not chain or chain[-1].max_txid != end_txid or len(chain) > CHAIN_FILES_MAX:
        raise NoDeltaError
    return chain


def _newest(store: Path, chain: Sequence[LtxName], images: _Images) -> LtxHeader:
    """The newest image of each page; the header of the last file."""
    header: LtxHeader | None = None
    for name in chain:
        with ltx_path(store, name).open("rb") as source:
            file = read_ltx(source, str(name))
            header = header or file.header
            too_many = (len(images) + len(file)) * header.page_size > 2 * DELTA_IMAGE_BYTES_MAX
            if too_many or file.header.page_size != header.page_size:
                raise NoDeltaError
            header = file.header
            for number, image in file.pages():
                images.put(number, image)
    if header is None or len(images) * header.page_size > DELTA_IMAGE_BYTES_MAX:
        raise NoDeltaError
    return header


def _older(store: Path, chain: Sequence[LtxName], new: _Images, images: _Images) -> LtxHeader:
    """The image that each of the pages of `new` had; the header of the newest file."""
    header: LtxHeader | None = None
    for name in reversed(chain):
        with ltx_path(store, name).open("rb") as source:
            file = read_unproved(source, str(name))
            header = header or file.header
            for number in file.page_numbers:
                if number in new and number not in images and number <= header.commit:
                    images.put(number, file.page(number))
    if header is None:
        raise NoDeltaError
    return header


def _changed(step: Step, new: _Images, old: _Images) -> Iterator[tuple[int, bytes]]:
    for number in new:
        image = new.get(number)
        if image is None or number > step.commit:
            continue
        if number > step.base_commit or image != (old.get(number) or bytes(step.page_size)):
            yield number, image
