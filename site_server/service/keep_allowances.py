"""Keeps this site's allowances filled: asks for what is needed at hand, gives back what is not.

Theory of operation
-------------------
A decision is made with what is there. It only notes who was at hand and what they lacked (`note`),
and this task asks headquarters for it beside that. The answer is the replica: a moment later the
same question is answered otherwise, which is why the refusal says that trying again helps.

An ask names the level at which the site's grant must stand, counted with all entries that are still
under way, so that it can be repeated. Whether it would change anything is looked up in the replica
by the very rule that headquarters applies (`failure_modes.allowance.more_micros`), so in the usual
case nothing is sent at all. A need that is not met is asked for again, because the sites that hold
the rest have to give it back first, or because the replica was late.

Nothing here is waited for by a decision, and nothing is lost with a connection: what could not be
asked is asked when the link is up again, while the person may have long gone; then it is the stock
for the next outage.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final, NoReturn

from failure_modes.vocabulary import Micros
from replication.errors import StorageError, StorageFullError
from replication.messages import (
    ALLOWANCES_SINCE,
    NEEDS_MAX,
    AllowanceAsk,
    AllowanceNeed,
    AllowanceRecall,
)
from site_server.service.allowance_standing import standings
from site_server.service.give_back import GiveBack

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from replication.link import Link
    from replication.messages import AnyFromPrimary, Welcome
    from replication.ports import Clock
    from site_server.service.allowance import Need
    from site_server.store.directory import Directory
    from site_server.store.site_store import SiteStore

NOTED_MAX: Final = 10_000
"""Needs that wait for this task; older ones are dropped, and come up again with their person."""
OPEN_MAX: Final = 5_000
"""Payers whose needs are kept during an outage."""
TRIES: Final = 5
USUAL_MS: Final = 30 * 24 * 3_600_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceTimes:
    """The patience of this task, all in ms."""

    again_ms: int = 500
    """Until a need that is not met is asked for again: a recall has come back by then."""
    look_ms: int = 60_000
    """Between two looks for what nobody needs."""
    idle_ms: int = 7 * 24 * 3_600_000
    """A payer who was not at hand for so long: longer than a weekend and a short trip."""


@dataclass(slots=True)
class _Open:
    """A need that is not met yet, as far as is known here."""

    amount_micros: Micros
    tries: int = TRIES


class KeepAllowances:
    """Asks and gives back while `run` runs. A `LinkListener`."""

    def __init__(
        self,
        *,
        store: SiteStore,
        directory: Directory,
        link: Link,
        clock: Clock,
        times: AllowanceTimes | None = None,
    ) -> None:
        self._store = store
        self._directory = directory
        self._link = link
        self._clock = clock
        self._times = times or AllowanceTimes()
        self._give_back = GiveBack(store, directory, clock, idle_ms=self._times.idle_ms)
        self._noted: deque[Need] = deque(maxlen=NOTED_MAX)
        self._open: dict[str, _Open] = {}
        self._recalled: dict[str, Micros] = {}
        self._is_understood = False
        self._looked_ms: int | None = None
        self._is_stuck = False
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def note(self, need: Need) -> None:
        """Somebody is at hand. From any thread; takes no time and never fails."""
        self._noted.append(need)
        if self._loop is not None:
            with suppress(RuntimeError):  # the server has ended: nobody asks any more
                self._loop.call_soon_threadsafe(self._wake.set)

    async def up(self, welcome: Welcome) -> None:
        """Ask for what could not be asked, where headquarters knows of allowances."""
        self._is_understood = welcome.protocol >= ALLOWANCES_SINCE
        self._wake.set()

    async def heard(self, message: AnyFromPrimary) -> None:
        """Another site needs something."""
        if isinstance(message, AllowanceRecall):
            before = self._recalled.get(message.payer, 0)
            self._recalled[message.payer] = Micros(max(before, message.amount_micros))
            self._wake.set()

    def down(self) -> None:
        """Nobody hears an ask."""
        self._is_understood = False
        self._recalled.clear()

    async def run(self) -> NoReturn:
        """Do what there is to do, until cancelled."""
        self._loop = asyncio.get_running_loop()
        while True:
            await self._wait()
            try:
                await self.once()
            except (StorageError, StorageFullError) as error:
                self._tell(stuck=True, why=str(error))
            else:
                self._tell(stuck=False)

    async def once(self) -> None:
        """Take note of who was at hand; with a link, ask and give back."""
        noted = [self._noted.popleft() for _ in range(len(self._noted))]
        self._keep(noted)
        await self._give_back.remember({need.payer for need in noted})
        if not self._is_understood:
            return
        recalled, self._recalled = self._recalled, {}
        if recalled:
            kept = {payer: each.amount_micros for payer, each in self._open.items()}
            await self._give_back.recalled(recalled, kept)
        await self._ask()
        now_ms = self._clock.monotonic_ms()
        if self._looked_ms is None or now_ms - self._looked_ms >= self._times.look_ms:
            self._looked_ms = now_ms
            await self._give_back.look()

    def _keep(self, noted: Iterable[Need]) -> None:
        for need in noted:  # the newest word counts: what was let out is needed no more
            self._open.pop(need.payer, None)
            self._open[need.payer] = _Open(amount_micros=need.amount_micros)
        for payer in list(islice(self._open, max(len(self._open) - OPEN_MAX, 0))):
            del self._open[payer]

    async def _ask(self) -> None:
        payers = list(self._open)
        for first in range(0, len(payers), NEEDS_MAX):
            needs = self._needs(payers[first : first + NEEDS_MAX])
            if needs and not await self._link.send(AllowanceAsk(needs=needs)):
                return

    def _needs(self, payers: Sequence[str]) -> list[AllowanceNeed]:
        """What is to be asked for them now. A need that is met, or cannot be, is closed."""
        since_ms = self._clock.wall_ms() - USUAL_MS
        needs = []
        for standing in standings(self._directory, self._store, payers, since_ms):
            wanted = self._open[standing.payer]
            wanted.tries -= 1
            is_lacking = standing.is_lacking(wanted.amount_micros)
            is_worth_it = standing.is_worth_asking(wanted.amount_micros)
            if is_worth_it:
                needs.append(standing.need(wanted.amount_micros))
            if not (is_worth_it and is_lacking and wanted.tries):
                del self._open[standing.payer]
        return needs

    async def _wait(self) -> None:
        pause_ms = self._times.look_ms
        if self._open and self._is_understood:
            pause_ms = self._times.again_ms
        with suppress(TimeoutError):
            async with asyncio.timeout(pause_ms / 1000):
                await self._wake.wait()
        self._wake.clear()

    def _tell(self, *, stuck: bool, why: str = "") -> None:
        if stuck and not self._is_stuck:
            _log.warning("allowances are not kept: %s", why)
        if self._is_stuck and not stuck:
            _log.info("allowances are kept again")
        self._is_stuck = stuck
