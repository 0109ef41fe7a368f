"""Which of the files and deltas at hand lead to a directory that this site can read.

The question is asked of the pages before any of them is written (`replication.heart_page`). What
comes in one go is merged, so where the end is too new the last readable state on the way there is
looked for: only it may be written.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from replication.adapters.applier.delta_log import Chained
from replication.heart_page import HeartPage

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from replication.adapters.applier.replica_file import ReplicaFile
    from replication.ltx import LtxFile
    from replication.page_delta import PageDelta


class Readable:
    """Judges what would be applied to `replica` by a site that reads up to version `reader`."""

    def __init__(self, replica: ReplicaFile, reader: int) -> None:
        self._replica = replica
        self._reader = reader
        self._hearts: defaultdict[str, HeartPage] = defaultdict(HeartPage)

    def files(
        self, lineage: str, files: Sequence[LtxFile], *, size_before: int
    ) -> tuple[int, int | None]:
        """How many of the files may be applied, from the first on, and what the next one asks for.

        `size_before`: pages of this lineage that are here already.
        """
        newest: dict[int, LtxFile] = {}

        def too_new() -> int | None:
            return self._too_new(lineage, newest, lambda n: newest[n].page(n), size_before)

        for file in files:
            newest.update(dict.fromkeys(file.page_numbers, file))
        asked = too_new()
        if asked is None:
            return len(files), None
        newest.clear()
        for count, file in enumerate(files):
            newest.update(dict.fromkeys(file.page_numbers, file))
            if too_new() is not None:
                return count, asked
        return len(files), None

    def deltas(
        self, lineage: str, deltas: Sequence[PageDelta], begin_txid: int
    ) -> tuple[Chained, int | None]:
        """What may be applied of the deltas, as one step, and what the next one asks for."""
        chained = Chained(self._replica, begin_txid)
        for delta in deltas:
            chained.add(delta)
        asked = self._asked(lineage, chained)
        if asked is None:
            return chained, None
        fitting, tried = (Chained(self._replica, begin_txid) for _ in range(2))
        for delta in deltas:
            tried.add(delta)
            if self._asked(lineage, tried) is not None:
                break
            fitting.add(delta)
        return fitting, asked

    def _asked(self, lineage: str, chained: Chained) -> int | None:
        pages = chained.pages
        return self._too_new(lineage, pages, pages.__getitem__, self._replica.page_count)

    def _too_new(
        self,
        lineage: str,
        changed: Container[int],
        image: Callable[[int], bytes],
        size_before: int,
    ) -> int | None:
        """What the directory would ask of its readers then, if that is too much here."""

        def page(number: int) -> bytes:
            return image(number) if number in changed else self._replica.page(number)

        if 1 not in changed and not size_before:
            return None
        heart = self._hearts[lineage]
        root = heart.root(page)
        if root is None or root not in changed:
            return None
        asked = heart.min_reader(page)
        return asked if asked is not None and asked > self._reader else None
