"""What this node was told: fresh for one decision, and remembered for the time of silence.

Theory of operation
-------------------
Whoever is about to decide asks first (`ask_about`) and decides then, without an `await` in between:
the answer is good for that one decision and is taken by it (`put_in_place`). Two questions about
one user may be under way at once; the newer answer serves as well as the older.

What is remembered is for queues and printers, and for the failure modes. It is written only where
it changed, before the answer is used, and never holds anybody's balance.

Only queues that print at once are offered. A held queue needs a panel at which its jobs are let go,
and a node without a replica has none: such a job would wait until it expires.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Protocol

from failure_modes.vocabulary import HoldMode
from replication.entry_bodies import user_payer
from replication.errors import ReplicationError
from replication.told import USER_TABLES, Question, Told
from site_server.store.told import NODE

if TYPE_CHECKING:
    from replication.ports import Clock
    from replication.told import Rows
    from site_server.store.site_store import SiteStore
    from site_server.store.unit_of_work import UnitOfWork

REMEMBERED_OF_USER: Final = frozenset({"users"})
ALWAYS_NEW: Final = frozenset({"heartbeat", "watermarks"})
"""Tables of the node that change by themselves: not worth a write."""

_log: Final = logging.getLogger(__name__)


class Asker(Protocol):
    """Whoever knows whom to ask."""

    async def ask(self, question: Question) -> Told | None:
        """The first answer; None where nobody answers."""
        ...


class Place(Protocol):
    """Where an answer is read like a replica."""

    def fill(self, rows: Rows) -> None:
        """Hold these rows and no others."""
        ...


class Hearsay:
    """Asks, remembers, and puts in place what a decision is to read."""

    def __init__(
        self, asking: Asker, place: Place, store: SiteStore, clock: Clock, *, users_max: int
    ) -> None:
        self._asking = asking
        self._place = place
        self._store = store
        self._clock = clock
        self._users_max = users_max
        self._fresh: dict[str, Told] = {}
        self._left_out: frozenset[str] = frozenset()
        with store.read() as site:
            self._node = site.told.get(NODE)
        if self._node is not None:
            self._fill(self._node)

    @property
    def knows_itself(self) -> bool:
        """Whether this node was ever told its queues and printers."""
        return self._node is not None

    async def ask_about(self, user_name: str) -> bool:
        """Whether somebody answered; the next decision about this user then uses the answer."""
        self._fresh.pop(user_name, None)
        told = await self._asking.ask(Question(user_name=user_name))
        if told is None:
            return False
        told = told.model_copy(update={"rows": self._offered(told.rows)})
        await self._remember(told.rows, user_name)
        self._fresh[user_name] = told
        return True

    async def refresh(self) -> bool:
        """Ask for this node's own queues and printers; whether somebody answered."""
        told = await self._asking.ask(Question())
        if told is None:
            return False
        await self._remember(self._offered(told.rows), None)
        self._fill(self._node or {})
        return True

    def put_in_place(self, user_name: str) -> Told | None:
        """Make the directory say what is known of this user; None: only what is remembered.

        Read it before the next `await`.
        """
        told = self._fresh.pop(user_name, None)
        if told is not None and self._fill(told.rows):
            return told
        with self._store.read() as site:
            remembered = site.told.get(user_payer(user_name)) or {}
        self._fill({**(self._node or {}), **remembered})
        return None

    def forget(self, user_name: str) -> None:
        """Let go of an answer that no decision took."""
        self._fresh.pop(user_name, None)

    def _fill(self, rows: Rows) -> bool:
        try:
            self._place.fill(rows)
        except ReplicationError as error:
            _log.warning("%s", error)
            return False
        return True

    def _offered(self, rows: Rows) -> Rows:
        """The rows without the queues that hold."""
        queues = rows.get("queues", [])
        offered = [row for row in queues if row.get("hold_mode") == HoldMode.NONE]
        left_out = frozenset(str(row.get("queue_name")) for row in queues if row not in offered)
        if left_out - self._left_out:
            names = ", ".join(sorted(left_out))
            _log.warning("queues that hold are not offered by a secondary: %s", names)
        self._left_out = left_out
        return {**rows, "queues": offered}

    async def _remember(self, rows: Rows, user_name: str | None) -> None:
        node = {name: each for name, each in rows.items() if name not in USER_TABLES}
        of_user = {name: rows.get(name, []) for name in REMEMBERED_OF_USER}
        is_new_node = self._node is None or _lasting(node) != _lasting(self._node)
        self._node = node
        if not is_new_node and (user_name is None or self._is_known(user_name, of_user)):
            return

        def work(unit: UnitOfWork) -> None:
            unit.told.put(NODE, node, self._clock.wall_ms())
            if user_name is not None:
                unit.told.put(user_payer(user_name), of_user, self._clock.wall_ms())
                unit.told.forget_users_beyond(self._users_max)

        await self._store.write(work)

    def _is_known(self, user_name: str, of_user: Rows) -> bool:
        with self._store.read() as site:
            return site.told.get(user_payer(user_name)) == of_user


def _lasting(rows: Rows) -> Rows:
    return {name: each for name, each in rows.items() if name not in ALWAYS_NEW}
