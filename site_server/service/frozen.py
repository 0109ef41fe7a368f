"""A replica that stays where it is, since what comes next needs a newer version of this site.

Nothing more is fetched then, and nothing is made anew: what is here is the best that this version
can have. The next process may read more, so it asks again; nothing is remembered on the disk.
"""

from __future__ import annotations

import logging
from typing import Final

from replication.reader import READER

log: Final = logging.getLogger(__name__)


class Frozen:
    """Whether the replica is frozen, and by what."""

    def __init__(self) -> None:
        self.needs_reader: int | None = None
        """The version of the directory's schema that the site would have to read to go on."""
        self._lineage = ""

    def __bool__(self) -> bool:
        """Whether it is."""
        return self.needs_reader is not None

    @property
    def alarm(self) -> str:
        """What is the matter and what to do; '' where nothing is."""
        return "" if self.needs_reader is None else frozen_text(self.needs_reader)

    def freeze(self, needs_reader: int | None, lineage: str) -> None:
        """Say so, once, where something was met that is too new (None: nothing was)."""
        if needs_reader is None:
            return
        if not self:
            log.error("the replica is %s", frozen_text(needs_reader))
        self.needs_reader, self._lineage = needs_reader, lineage

    def hear(self, lineage: str) -> None:
        """Headquarters has that directory: another one may be readable."""
        if self and lineage != self._lineage:
            self.needs_reader = None


def frozen_text(needs_reader: int) -> str:
    """What is the matter and what to do, for a person."""
    return (
        f"frozen: headquarters' directory asks for version {needs_reader} of its schema, and this "
        f"site reads up to {READER}. It goes on deciding with what it has, which grows old. "
        "Upgrade this site; it then goes on from where it stopped"
    )
