"""Power cuts of a site's own database: what it acknowledged is in every image (promise 3).

The journal writer runs under the recorder. At each moment of the record it is known which entries
had been promised. Every image must open as a site opens it, hold a journal without a hole or a
broken chain that reaches at least as far, and take further entries.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Final

from chaos.errors import ChaosError, ProcessError
from chaos.live.journal_writer import append, opened
from chaos.live.power_cut.disk import Disk, lay_out
from chaos.live.power_cut.record import Did, read_record
from chaos.live.power_cut.recorder import recording
from replication.journal import JournalHead, follows

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from chaos.live.power_cut.disk import Image
    from chaos.live.power_cut.record import Operation

WRITER_TIMEOUT_S: Final = 120


class LostEntryError(ChaosError):
    """An entry that the site had promised is not in its journal after a power cut."""


class JournalPowerCuts:
    """One recorded run in `folder`, and any number of images of it."""

    def __init__(self, folder: Path, recorder: Path, *, entries: int) -> None:
        self._folder = folder
        self._site = folder / "site"
        self._site.mkdir()
        log = folder / "record"
        command = [sys.executable, "-m", "chaos.live.journal_writer", str(self._site)]
        done = subprocess.run(
            [*command, "--entries", str(entries)],
            env={**os.environ, **recording(recorder, root=self._site, log=log)},
            stdout=subprocess.DEVNULL,
            check=False,
            timeout=WRITER_TIMEOUT_S,
        )
        if done.returncode != 0:
            raise ProcessError("The journal writer ended with an error.")
        self.operations: tuple[Operation, ...] = tuple(read_record(log.read_bytes()))
        self.images = 0
        self.beyond = 0
        """Images that hold more than was promised; a commit need not have been told of."""

    async def cut(self, images: int, random: Random) -> None:
        """Cut at places spread evenly. Errors: `LostEntryError`, and what opening raises."""
        disk, acknowledged = Disk(self._site), 0
        for number, operation in enumerate(self.operations, start=1):
            disk.do(operation)
            if operation.did is Did.SAID and operation.first.strip():
                acknowledged = max(acknowledged, int(operation.first))
            while self.images < number * images // len(self.operations):
                await self._check(disk.cut(random), acknowledged)

    async def _check(self, image: Image, acknowledged: int) -> None:
        folder = self._folder / "after the cut"
        folder.mkdir()
        try:
            lay_out(image, folder)
            with closing(opened(folder)) as store:
                head = store.head()
                before = JournalHead(site_name=head.site_name, epoch=head.epoch)
                for entry in store.entries(1, head.seq):
                    if not follows(entry, before):
                        raise LostEntryError(f"The chain is broken at {entry.seq}.")
                    before = entry.head
                if before.seq != head.seq or head.seq < acknowledged:
                    raise LostEntryError(
                        f"The journal ends at {before.seq}; {acknowledged} was promised."
                    )
                self.beyond += head.seq > acknowledged
                if await append(store, 10**9) != head.seq + 1:
                    raise LostEntryError("The journal does not go on where it ended.")
        finally:
            shutil.rmtree(folder)
        self.images += 1
