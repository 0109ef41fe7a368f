"""`site.db`: the one door to what this site has promised, done and charged.

Writes go through `write`: one unit of work, one transaction, group commit (see
`replication.adapters.sqlite_file`). Reads go through `read`, where they are called, without a
thread hop. The store is also the journal that the uplink reads.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import replace
from secrets import token_hex
from typing import TYPE_CHECKING, TypeVar

from replication.adapters.sqlite_file import SqliteFile
from replication.journal import JournalHead
from site_server.store.journal import (
    HEAD_TEXT,
    entries_of,
    epochs_of,
    head_found,
    head_of,
    texts_of,
)
from site_server.store.journal_carry import kept_entry, kept_range
from site_server.store.journal_past import pruned_head
from site_server.store.starts import note_start
from site_server.store.tables import site_metadata
from site_server.store.unit_of_work import SiteView, UnitOfWork

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from replication.journal import Entry
    from replication.ports import Clock
    from replication.starts import Start

T = TypeVar("T")


class SiteStore:
    """The site's own database for one (site, epoch); a `replication.journal.JournalReader` too."""

    def __init__(self, path: Path, *, site_name: str, epoch: int, clock: Clock) -> None:
        self._clock = clock
        self._epoch_of = JournalHead(site_name=site_name, epoch=epoch)
        self._committed = asyncio.Event()
        self._file = SqliteFile(path, site_metadata, on_commit=self._tell)
        with self._file.read() as connection:
            before = epochs_of(connection)
        # Entries of former epochs count too until a replica covers them.
        self._epochs = tuple(dict.fromkeys((*before, (site_name, epoch))))

    async def write(self, work: Callable[[UnitOfWork], T]) -> T:
        """Run `work` in one transaction and return its result once that is on the disk.

        Errors: `StorageFullError` and `StorageError` (nothing was written), and whatever `work`
        raises (then nothing of it was written either).
        """
        return await self._file.write(lambda connection: work(self._unit(connection)))

    @contextmanager
    def read(self) -> Iterator[SiteView]:
        """What is committed now, as one consistent view. Do not await inside."""
        with self._file.read() as connection:
            yield SiteView(connection, self._epochs)

    @property
    def is_there(self) -> bool:
        """Whether the file is where the next start would look for it."""
        return self._file.is_there

    def start(self) -> Start:
        """Note that the site starts now; call it once, before anything else is written."""
        return self._file.write_now(lambda connection: note_start(connection, token_hex(16)))

    def head(self) -> JournalHead:
        """The last entry of this epoch that is safe on the disk."""
        site_name, epoch = self._epoch_of.site_name, self._epoch_of.epoch
        row = self._file.look_up(HEAD_TEXT, {"site_name": site_name, "epoch": epoch})
        if row is not None:
            return head_found(row, site_name, epoch)
        with self._file.read() as connection:
            return head_of(connection, site_name, epoch)

    def entries(self, first_seq: int, last_seq: int) -> Sequence[Entry]:
        """The entries first..last of this epoch, in order; fewer where the journal ends."""
        with self._file.read() as connection:
            return entries_of(connection, self._epoch_of, first_seq, last_seq)

    def texts(self, first_seq: int, last_seq: int) -> Sequence[str]:
        """The same entries, each as JSON."""
        with self._file.read() as connection:
            return texts_of(connection, self._epoch_of, first_seq, last_seq)

    def pruned_seq(self) -> int:
        """The last entry of this epoch that is no longer here; 0 where all are."""
        with self._file.read() as connection:
            return pruned_head(connection, self._epoch_of.site_name, self._epoch_of.epoch).seq

    def former_epochs(self) -> tuple[int, ...]:
        """The epochs of this site before the present one that this file has entries of."""
        site_name, epoch = self._epoch_of.site_name, self._epoch_of.epoch
        return tuple(each for name, each in self._epochs if name == site_name and each < epoch)

    def kept_range(self, epoch: int) -> tuple[int, int]:
        """The last entry of that epoch which was pruned, and the last one that is here."""
        with self._file.read() as connection:
            return kept_range(connection, self._epoch_of.site_name, epoch)

    def kept_entry(self, epoch: int, seq: int) -> Entry | None:
        """That entry, if it is here."""
        with self._file.read() as connection:
            return kept_entry(connection, self._epoch_of.site_name, epoch, seq)

    async def carry(self, epoch: int, after_seq: int) -> int:
        """Move a piece of what lies beyond that entry of a former epoch into the present one."""
        of = replace(self._epoch_of, epoch=epoch, seq=after_seq)
        return await self.write(lambda unit: unit.carry(of))

    async def wait_beyond(self, seq: int) -> None:
        """Return once the head is beyond `seq`; at once where it is already."""
        while self.head().seq <= seq:
            await self._committed.wait()

    async def wait_for_commit(self) -> None:
        """Return after the next commit of anything."""
        await self._committed.wait()

    @property
    def waiting(self) -> int:
        """Transactions that wait for the disk."""
        return self._file.waiting

    def close(self) -> None:
        """Finish the transactions that wait, then close the file."""
        self._file.close()

    def _unit(self, connection: Connection) -> UnitOfWork:
        return UnitOfWork(connection, self._epochs, self._epoch_of, self._clock.wall_ms)

    def _tell(self) -> None:
        self._committed.set()
        self._committed = asyncio.Event()
