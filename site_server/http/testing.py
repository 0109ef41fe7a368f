"""A panel as its firmware should behave, for tests and chaos: also when nobody answers it.

It asks for its settings while the server answers. When nobody does, it waits out the delay, takes
the unlock code where one is needed, and notes under each card what was copied. When the server is
back it tells what it noted, under the same uuids, until it has heard an answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from failure_modes.device_offline import (
    DeviceFacts,
    DeviceOffline,
    decide_at_device,
    takes_unlock_code,
)
from failure_modes.vocabulary import Function

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from failure_modes.decision import Decision
    from failure_modes.pricing import PageCount
    from failure_modes.vocabulary import MonotonicMs
    from replication.ports import Clock

SETTINGS = "/device/v1/settings"
CARD_USES = "/device/v1/card-uses"
OK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelAnswer:
    """What the server said."""

    status: int
    body: Any = None
    etag: str = ""


@dataclass(slots=True, kw_only=True)
class DevicePanel:
    """One panel. `call` returns None where no answer came; `check_code` compares an Argon2 hash."""

    call: Callable[[str, str, object, Mapping[str, str]], Awaitable[PanelAnswer | None]]
    clock: Clock
    check_code: Callable[[str, str], bool]
    rules: DeviceOffline = field(default_factory=DeviceOffline)
    uses_max: int = 1
    noted: list[dict[str, Any]] = field(default_factory=list)
    """What was done and is not told yet. A real device keeps it over a loss of power."""
    refused: list[dict[str, Any]] = field(default_factory=list)
    """Answers that a person has to look at."""
    etag: str = ""
    _silent_since: MonotonicMs | None = None
    _unlocked: bool = False
    _wrong_codes: int = 0

    @property
    def facts(self) -> DeviceFacts:
        """What this panel knows of its server."""
        since = self._silent_since
        silent_ms = None if since is None else self.clock.monotonic_ms() - since
        return DeviceFacts(
            silent_ms=silent_ms, unlocked=self._unlocked, wrong_codes=self._wrong_codes
        )

    async def poll(self) -> None:
        """Ask for the settings; what is known already is not sent again."""
        answer = await self._ask("GET", SETTINGS, None, {"If-None-Match": self.etag})
        if answer is None or answer.status != OK:
            return
        rules = answer.body["device_offline"]
        self.rules = DeviceOffline(**rules)
        self.uses_max = answer.body["card_uses_max"]
        self.etag = answer.etag

    def type_code(self, code: str) -> bool:
        """Whether this unlocked the panel. One that asks for no code takes none."""
        if not takes_unlock_code(self.facts, self.rules):
            return False
        if self.check_code(self.rules.unlock_code_hash, code):
            self._unlocked = True
        else:
            self._wrong_codes += 1
        return self._unlocked

    def copy_by_card(self, card_number: str, pages: PageCount) -> Decision:
        """Copy without a server, if the rules let it, and note it."""
        decision = decide_at_device(Function.COPY, self.facts, self.rules)
        if decision.allowed:
            self.noted.append(
                {
                    "use_uuid": str(uuid4()),
                    "card_number": card_number,
                    "used_wall_ms": self.clock.wall_ms(),
                    "mono_pages": pages.mono,
                    "colour_pages": pages.colour,
                    "sides": "one-sided",
                }
            )
        return decision

    async def tell(self) -> None:
        """Tell what was noted, piece by piece, until all is told or nobody answers."""
        while self.noted:
            told = self.noted[: self.uses_max]
            answer = await self._ask("POST", CARD_USES, {"uses": told}, {})
            if answer is None or answer.status != OK:
                return
            self.refused += [each for each in answer.body["uses"] if not each["taken"]]
            self.noted = self.noted[len(told) :]

    async def _ask(
        self, method: str, path: str, body: object, headers: Mapping[str, str]
    ) -> PanelAnswer | None:
        answer = await self.call(method, path, body, headers)
        if answer is None:
            self._silent_since = self._silent_since or self.clock.monotonic_ms()
        else:
            self._silent_since, self._unlocked, self._wrong_codes = None, False, 0
        return answer
