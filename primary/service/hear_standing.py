"""Sites say what they hold, after headquarters was restored: booked before anything is granted.

What a site says counts beyond a certain entry of its journal. Entries behind that have lowered the
grant already where they arrived earlier, so their debits come off what it said; a word that is
ahead of the journal waits until the journal is there. A grant is only ever raised by this: of what
the directory has and what the site says the higher one is true, since a restored directory may lack
grants and lacks no debit that has been heard.
"""

import logging
from typing import Final

from sqlalchemy import Connection

from primary.service.ingest import Ingest
from primary.store import restores
from primary.store.directory import Directory
from replication.journal import JournalHead
from replication.messages import Standing

logger: Final = logging.getLogger(__name__)

PARTS_MAX: Final = 100
"""Messages of one word: 500,000 payers at one site."""


class HearStanding:
    """One site's word, part by part, in one connection."""

    def __init__(self, ingest: Ingest, directory: Directory, *, site_name: str, epoch: int) -> None:
        self._ingest = ingest
        self._directory = directory
        self._site_name = site_name
        self._epoch = epoch
        self._parts: list[Standing] = []

    @property
    def is_wanted(self) -> bool:
        """Whether this site has not been heard since the restore."""
        return self._site_name in self._directory.unheard()

    def take(self, part: Standing) -> None:
        """Keep it until the journal is there."""
        if len(self._parts) < PARTS_MAX:
            self._parts.append(part)

    async def book(self) -> None:
        """Book what was said, if all of it was and the journal is as far as it says."""
        if not self._parts or not self._parts[-1].is_last or not self.is_wanted:
            return
        async with self._ingest.still(self._site_name, self._epoch) as head:
            said_seq = self._parts[-1].journal_seq
            if head.seq < said_seq:
                return
            debits = await self._ingest.debits_beyond(
                JournalHead(site_name=self._site_name, epoch=self._epoch, seq=said_seq)
            )
            held = {each.payer: each.left_micros for part in self._parts for each in part.held}
            left = {payer: micros - debits.get(payer, 0) for payer, micros in held.items()}

            def work(connection: Connection) -> None:
                restores.book_held(connection, self._site_name, left)
                restores.put_heard(connection, self._site_name)

            await self._directory.write(work)
        self._parts.clear()
        self._tell()

    def _tell(self) -> None:
        missing = self._directory.unheard()
        if missing:
            logger.info("site %s was heard; not yet: %s", self._site_name, ", ".join(missing))
        else:
            logger.info("every site was heard since the restore: allowances are granted again")
