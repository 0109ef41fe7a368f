"""How often somebody may try a PIN or a password.

Theory of operation
-------------------
A PIN has few digits, so what protects it is how many may be tried. After 5 wrong ones for one user
within 15 minutes nobody tries that user's for 15 minutes: at most 20 an hour, so half of the PINs
of four digits take ten days and ten nights, card in hand, with a line in the log every 15 minutes.
PINs and passwords are counted apart: whoever guesses passwords over the network keeps nobody from
using card and PIN at a printer. A right one makes the user's count begin anew, but not that of the
place (a panel, or a computer's address): somebody with a card of their own could otherwise try
other people's for ever.

The same wrong secret again counts once: nobody learns anything from it, and print clients repeat a
mistyped password by themselves (Debian 12's ipptool six times). Only a keyed hash of it is kept,
with a key made anew at each start.

The tries of one user are taken one after the other. A hundred at once would else all begin before
the first of them is known to be wrong.

All this is in memory: at most `names_max` names, the oldest forgotten first. To push out a name one
needs that many wrong tries, and every place is stopped after 30. A restart forgets them all. The
rejected alternative, a table of `site.db`, would cost a synced write for each wrong try, which an
attacker decides about.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from site_server.causes import Cause
from site_server.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pydantic import SecretStr

    from failure_modes.vocabulary import MonotonicMs
    from replication.ports import Clock
    from replication.slow_hash import CredentialKind

MINUTE_MS: Final = 60_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TryLimits:
    """The bounds of guessing."""

    user_wrong_max: int = 5
    """Tries that are wrong before a user's are refused: a person mistypes twice, not five times."""
    place_wrong_max: int = 30
    """The same for a panel or a computer, which many people use."""
    window_ms: int = 15 * MINUTE_MS
    """Within this time,"""
    pause_ms: int = 15 * MINUTE_MS
    """and for how long they are refused then."""
    names_max: int = 10_000
    """Users and places that are remembered, up to 2 kB each."""
    at_once_max: int = 128
    """Tries under way; each is a request that waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trier:
    """Whose secret is tried, and from where."""

    kind: CredentialKind
    user_name: str
    place: str
    secret: SecretStr


@dataclass(slots=True)
class _Wrong:
    """The wrong tries of one name."""

    seen_ms: dict[bytes, MonotonicMs] = field(default_factory=dict)
    """What was wrong, and when it was first tried."""
    refused_until_ms: int | None = None


class Tries:
    """Counts wrong tries, and refuses more of them than the limits allow."""

    def __init__(self, clock: Clock, limits: TryLimits | None = None) -> None:
        self._clock = clock
        self._limits = limits or TryLimits()
        self._wrong: OrderedDict[str, _Wrong] = OrderedDict()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._under_way = 0
        self._key = secrets.token_bytes(32)

    async def one(self, trier: Trier, look: Callable[[], Awaitable[bool | None]]) -> bool | None:
        """What `look` says of the secret; False counts as wrong, None (nobody could say) does not.

        Raises `RefusedError` without looking where there were too many wrong ones.
        """
        if self._under_way >= self._limits.at_once_max:
            raise refusal(Cause.TOO_MANY_LOGINS)
        user, place = f"{trier.kind} of {trier.user_name}", f"at {trier.place}"
        turn = self._turns.setdefault(user, asyncio.Lock())
        self._under_way += 1
        try:
            async with turn:
                self._check(user, place)
                is_right = await look()
                if is_right:
                    self._wrong.pop(user, None)
                elif is_right is False:
                    mark = self._mark(trier)
                    self._count(user, mark, self._limits.user_wrong_max)
                    self._count(place, mark, self._limits.place_wrong_max)
                return is_right
        finally:
            self._under_way -= 1

    @property
    def names(self) -> int:
        """How many names are remembered."""
        return len(self._wrong)

    def _check(self, *names: str) -> None:
        now_ms = self._clock.monotonic_ms()
        for name in names:
            until_ms = self._wrong[name].refused_until_ms if name in self._wrong else None
            if until_ms is not None and now_ms < until_ms:
                raise refusal(Cause.TOO_MANY_TRIES)

    def _count(self, name: str, mark: bytes, wrong_max: int) -> None:
        now_ms = self._clock.monotonic_ms()
        wrong = self._wrong.setdefault(name, _Wrong())
        self._wrong.move_to_end(name)
        oldest_ms = now_ms - self._limits.window_ms
        wrong.seen_ms = {mark: at_ms for mark, at_ms in wrong.seen_ms.items() if at_ms > oldest_ms}
        wrong.seen_ms.setdefault(mark, now_ms)
        if len(wrong.seen_ms) >= wrong_max:
            wrong.seen_ms = {}
            wrong.refused_until_ms = now_ms + self._limits.pause_ms
            _log.warning("%d wrong tries, %s: refused for a while", wrong_max, name)
        if len(self._wrong) > self._limits.names_max:
            self._wrong.popitem(last=False)

    def _mark(self, trier: Trier) -> bytes:
        """The same for the same wrong secret of the same user, and of no use to anybody else."""
        tried = f"{trier.kind}\0{trier.user_name}\0{trier.secret.get_secret_value()}"
        return hashlib.blake2b(tried.encode(), key=self._key, digest_size=16).digest()
