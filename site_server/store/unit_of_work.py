"""What one transaction of `site.db` may touch: a fact and its journal entry, or neither."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failure_modes.vocabulary import Micros
from site_server.store.card_uses import CardUses
from site_server.store.copies import Copies
from site_server.store.drills import Drills
from site_server.store.jobs import Jobs
from site_server.store.journal import (
    Journal,
    head_of,
    returned_name,
    spent_since,
    unmerged_micros,
)
from site_server.store.journal_carry import carry
from site_server.store.journal_past import JournalPast
from site_server.store.link_memory import LinkMemory
from site_server.store.numbers import next_number
from site_server.store.offline_log import OfflineRecords
from site_server.store.payers_seen import PayersSeen
from site_server.store.reservations import Reservations, reserved_micros, reserved_payers
from site_server.store.sessions import Sessions
from site_server.store.told import ToldRows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection

    from failure_modes.vocabulary import WallMs
    from replication.journal import JournalHead


class SiteView:
    """What one transaction sees: jobs, sessions, copies, and money that the replica cannot know."""

    def __init__(self, connection: Connection, epochs: tuple[tuple[str, int], ...]) -> None:
        self.jobs = Jobs(connection)
        self.sessions = Sessions(connection)
        self.copies = Copies(connection)
        self.payers_seen = PayersSeen(connection)
        self.card_uses = CardUses(connection)
        self.drills = Drills(connection)
        self.link_memory = LinkMemory(connection)
        self.offline_log = OfflineRecords(connection)
        self.told = ToldRows(connection)
        self._connection = connection
        self._epochs = epochs

    def unmerged_micros(self, payer: str, watermarks: Mapping[tuple[str, int], int]) -> Micros:
        """What own entries beyond the replica's watermarks do to this payer's money."""
        return unmerged_micros(self._connection, payer, watermarks, self._epochs)

    def returned_micros(self, payer: str, watermarks: Mapping[tuple[str, int], int]) -> Micros:
        """What was given back of this payer's allowance and the replica does not know yet."""
        return Micros(-self.unmerged_micros(returned_name(payer), watermarks))

    def spent_micros(self, payer: str, since_wall_ms: int) -> Micros:
        """What this payer spent here since then."""
        return spent_since(self._connection, payer, since_wall_ms)

    def reserved_micros(self, payer: str) -> Micros:
        """What is set aside of this payer's credit."""
        return reserved_micros(self._connection, payer)

    def reserved_payers(self) -> frozenset[str]:
        """Everybody of whose credit something is set aside."""
        return reserved_payers(self._connection)

    def journal_seq(self, site_name: str, epoch: int) -> int:
        """The last entry of that journal."""
        return head_of(self._connection, site_name, epoch).seq


class UnitOfWork(SiteView):
    """A view that may also change things. The store commits it, or nothing of it happened."""

    def __init__(
        self,
        connection: Connection,
        epochs: tuple[tuple[str, int], ...],
        epoch_of: JournalHead,
        wall_ms: Callable[[], WallMs],
    ) -> None:
        super().__init__(connection, epochs)
        self.journal = Journal(connection, epoch_of, wall_ms)
        self.past = JournalPast(connection, epochs)
        self.reservations = Reservations(connection)
        self.wall_ms = wall_ms

    def carry(self, of: JournalHead) -> int:
        """Move a piece of what lies beyond `of`, in a former epoch, into the present one."""
        return carry(self._connection, self.journal, of)

    def next_job_number(self) -> int:
        """The next IPP job-id of this site."""
        return next_number(self._connection, "job")
