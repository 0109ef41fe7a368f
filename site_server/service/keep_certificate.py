"""The certificate of this site, renewed in time, or as soon as headquarters can be reached again.

Theory of operation
-------------------
It lives 30 days and is renewed when a third of that is left, beside the open link; ten days are
enough for a short outage. A longer one ends it. Then the link is refused at the door, and the
refusal itself is the sign that headquarters is there: the renewal is asked for at once, by the
certificate that has expired, which headquarters takes for this one thing. So a site that comes back
after months needs one refused call more than one that comes back after a minute, and its own clock
need not be right for that.

The doors of the site itself (panels, IPP) have a certificate that lives for as long as a site may
stay offline: nobody in a branch may lose the panel because headquarters is away. It is asked for
with the first link, and comes with every renewal.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn, Protocol

from replication.back_off import back_off_ms
from site_server.errors import NoRenewalsError, SiteError, UnansweredRenewalError

if TYPE_CHECKING:
    import random

    from replication.adapters.tls import Validity
    from replication.messages import AnyFromPrimary, Welcome
    from replication.ports import Clock
    from replication.renewal import RenewAnswer

DAY_MS: Final = 86_400_000
LOOK_MS: Final = 3_600_000
RETRY_FIRST_MS: Final = 500
RETRY_MAX_MS: Final = 5_000
REFUSED_RETRY_MS: Final = 60_000
"""Where headquarters says no, only a person there can change that."""

log: Final = logging.getLogger(__name__)


class Asking(Protocol):
    """Who asks headquarters."""

    async def ask(self) -> RenewAnswer:
        """New certificates.

        Errors: `RefusedRenewalError`, `NoRenewalsError`, `UnansweredRenewalError`.
        """
        ...


class Files(Protocol):
    """Where the certificates are kept."""

    @property
    def validity(self) -> Validity:
        """Of the one for the link, as it is in use."""
        ...

    @property
    def has_panel_certificate(self) -> bool:
        """Whether the doors have one of their own."""
        ...

    def keep(self, answer: RenewAnswer) -> None:
        """Put them on the disk. Errors: `SiteError`, `OSError`."""
        ...

    def take_into_use(self) -> None:
        """Let every new connection have them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateStanding:
    """How the certificate for the link is. `days_left` is below 0 once it has expired."""

    until_wall_ms: int = 0
    days_left: int = 0
    trouble: str = ""
    """Why it cannot be renewed until a person has acted; '' where it can, as far as is known."""


class KeepCertificate:
    """Renews the certificate while `run` runs. A `LinkListener`."""

    def __init__(
        self, *, files: Files, asking: Asking, clock: Clock, chance: random.Random
    ) -> None:
        self._files = files
        self._asking = asking
        self._clock = clock
        self._chance = chance
        self._is_up = False
        self._is_shut_out = False
        self._woken = asyncio.Event()
        self._failures = 0
        self._is_refused = False
        self._trouble = ""

    @property
    def standing(self) -> CertificateStanding:
        """As it is now."""
        until_ms = self._files.validity.until_ms
        days_left = (until_ms - self._clock.wall_ms()) // DAY_MS
        return CertificateStanding(
            until_wall_ms=until_ms, days_left=days_left, trouble=self._trouble
        )

    @property
    def is_due(self) -> bool:
        """Whether two thirds of its life are over, or the doors have none of their own."""
        return self._is_old or not self._files.has_panel_certificate

    @property
    def _is_old(self) -> bool:
        validity = self._files.validity
        third_ms = (validity.until_ms - validity.from_ms) // 3
        return self._clock.wall_ms() >= validity.until_ms - third_ms

    async def up(self, welcome: Welcome) -> None:
        """Headquarters can be asked."""
        del welcome
        self._is_up = True
        self._woken.set()

    async def heard(self, message: AnyFromPrimary) -> None:
        """Nothing that is said on the link concerns it."""

    def down(self) -> None:
        """Headquarters cannot be asked now."""
        self._is_up = False

    def shut_out(self) -> None:
        """Headquarters is there and does not take the certificate."""
        self._is_shut_out = True
        self._woken.set()

    async def run(self) -> NoReturn:
        """Look whenever the link says something, and every hour, until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_MS / 1000):
                    await self._woken.wait()
            self._woken.clear()
            pause_ms = await self.look()
            if pause_ms:
                await asyncio.sleep(pause_ms / 1000)
                self._woken.set()

    async def look(self) -> float:
        """Renew what has to be renewed now; ms until another try is worth it, 0: none is needed."""
        wanted = self._is_shut_out or (self._is_up and self.is_due)
        self._is_shut_out = False
        if not wanted:
            return 0
        if await self._renew():
            self._failures = 0
            return 0
        self._failures += 1
        longest_ms = REFUSED_RETRY_MS if self._is_refused else RETRY_MAX_MS
        return back_off_ms(self._failures, RETRY_FIRST_MS, longest_ms, self._chance)

    async def _renew(self) -> bool:
        try:
            answer = await self._asking.ask()
            await asyncio.to_thread(self._files.keep, answer)
        except (UnansweredRenewalError, NoRenewalsError) as error:
            self._is_refused = isinstance(error, NoRenewalsError)
            if not self._failures:
                log.info("the certificate is not renewed yet: %s", error)
            # A headquarters of before does no harm while the certificate is young.
            self._tell(str(error) if self._is_refused and self._is_old else "")
            return False
        except (SiteError, OSError) as error:
            self._is_refused = True
            self._tell(str(error))
            return False
        self._files.take_into_use()
        self._tell("")
        log.info("the certificate is renewed, for %d days", self.standing.days_left)
        return True

    def _tell(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            log.error("the certificate cannot be renewed: %s", trouble)
        self._trouble = trouble
