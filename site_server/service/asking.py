"""Asks the primary, then the site servers, and knows when nobody is worth asking.

A person waits for the answer, so every wait is bounded, and a node that did not answer is left
alone for a while: a queue of jobs pays for its silence once. Headquarters is asked only while the
link to it stands; the link tells of a dead WAN long before a question would, and of a healed one
too. During a drill and a forced cut it is not asked at all. Asking has no effect anywhere
(`replication.told`), so giving up is always safe.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from failure_modes.link_table import ORDERED
from failure_modes.routing import ASKING_ORDER, authority
from failure_modes.vocabulary import Authority

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from replication.messages import AnyFromPrimary, Welcome
    from replication.ports import Clock
    from replication.told import Question, Told
    from site_server.ports import Link

_log: Final = logging.getLogger(__name__)


class Answering(Protocol):
    """A node that may know."""

    async def ask(self, question: Question) -> Told | None:
        """What it says; None where it says nothing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long one node is waited for, and how long a silent one is left alone."""

    answer_ms: int
    down_ms: int


class Patient:
    """One node, asked with patience."""

    def __init__(self, node: Answering, clock: Clock, patience: Patience) -> None:
        self._node = node
        self._clock = clock
        self._patience = patience
        self._down_until_ms: int | None = None

    @property
    def is_down(self) -> bool:
        """Whether it was silent just now."""
        until_ms = self._down_until_ms
        return until_ms is not None and self._clock.monotonic_ms() < until_ms

    def forgive(self) -> None:
        """Ask it again at once."""
        self._down_until_ms = None

    async def ask(self, question: Question) -> Told | None:
        """What it says within the time; None at once while it counts as down."""
        if self.is_down:
            return None
        told: Told | None = None
        try:
            async with asyncio.timeout(self._patience.answer_ms / 1000):
                told = await self._node.ask(question)
        except TimeoutError:
            _log.debug("no answer within %d ms", self._patience.answer_ms)
        self._down_until_ms = None if told else self._clock.monotonic_ms() + self._patience.down_ms
        return told


def _nobody_waits() -> None:
    """Nobody wants to hear of it yet."""


class Asking:
    """Who is asked, in which order. A `LinkListener` of the link to headquarters.

    `on_up` is called when headquarters can be asked again.
    """

    def __init__(self, primary: Patient, site_servers: Sequence[Patient], link: Link) -> None:
        self.on_up: Callable[[], None] = _nobody_waits
        self._asked: Mapping[Authority, Sequence[Patient]] = {
            Authority.PRIMARY: (primary,),
            Authority.SITE_SERVER: tuple(site_servers),
        }
        self._link = link
        self._is_linked = False
        self._answered = Authority.PROVIDER_MODE

    @property
    def decides(self) -> Authority:
        """Who would be asked first now, as far as anybody knows."""
        return authority([each for each in ASKING_ORDER if self._reachable(each)])

    async def ask(self, question: Question) -> Told | None:
        """The first answer; None where nobody answers, and the printer's failure mode decides."""
        for each in ASKING_ORDER:
            for patient in self._reachable(each):
                told = await patient.ask(question)
                if told is not None:
                    self._note(each)
                    return told
        self._note(Authority.PROVIDER_MODE)
        return None

    async def up(self, welcome: Welcome) -> None:
        """The link stands."""
        del welcome
        self.link_is_up()

    def link_is_up(self) -> None:
        """Headquarters can be asked, whatever it did before."""
        self._is_linked = True
        for patient in self._asked[Authority.PRIMARY]:
            patient.forgive()
        self.on_up()

    async def heard(self, message: AnyFromPrimary) -> None:
        """What the link carries is for others."""

    def down(self) -> None:
        """The link has gone."""
        self._is_linked = False

    def _reachable(self, asked: Authority) -> Sequence[Patient]:
        if asked is Authority.PRIMARY and (not self._is_linked or self._link.state in ORDERED):
            return ()
        return [patient for patient in self._asked[asked] if not patient.is_down]

    def _note(self, answered: Authority) -> None:
        if answered is not self._answered:
            _log.warning("jobs are decided by: %s", answered)
        self._answered = answered
