"""Cards, passwords, logins and their end.

A login is a row, so that a person at a copier is still logged in after a restart. When it was last
used is kept in memory only: a restart gives everybody the idle time anew, a touch costs no write.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from failure_modes.facts import LoginFacts
from failure_modes.vocabulary import Micros, Reason
from site_server.causes import Cause
from site_server.refusals import refusal, refusal_for, refusal_of
from site_server.service.managers import manages
from site_server.store.sessions import PanelSession

if TYPE_CHECKING:
    from pydantic import SecretStr

    from failure_modes.vocabulary import MonotonicMs
    from site_server.service.card_owner import CardOwner
    from site_server.service.check_secret import CheckSecret
    from site_server.service.ground import Ground
    from site_server.service.view import Decider
    from site_server.store.directory_rows import Device
    from site_server.store.unit_of_work import UnitOfWork

SESSION_ID_BYTES: Final = 18
"""144 bits of chance: nobody guesses a session, also not with a stolen device token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn:
    """A person at a panel, with the money that they may spend there."""

    session: PanelSession
    full_name: str
    balance_micros: Micros
    currency: str
    ask_for_account: bool
    """Whether the panel is to ask who pays."""
    is_manager: bool
    """Whether they may release and delete the jobs of others."""


class LogIn:
    """The logins of this site. `start` must run first."""

    def __init__(
        self, ground: Ground, decider: Decider, check_secret: CheckSecret, card_owner: CardOwner
    ) -> None:
        self._ground = ground
        self._decider = decider
        self._check_secret = check_secret
        self._card_owner = card_owner
        self._open: dict[str, PanelSession] = {}
        self._used_ms: dict[str, MonotonicMs] = {}

    def start(self) -> None:
        """Take over the logins from before a restart."""
        with self._ground.store.read() as site:
            for session in site.sessions.all_open():
                self._keep(session)

    def device(self, token: str) -> Device | None:
        """The panel with this token; None where there is none, or where it is switched off.

        Raises `RefusedError` on a fresh site, which does not know any panel yet.
        """
        token_hash = hashlib.sha256(token.encode()).hexdigest()
        with self._ground.directory.read() as snapshot:
            if snapshot is None:
                raise refusal_for(Reason.NO_REPLICA)
            return snapshot.device(token_hash)

    async def log_in(
        self, device: Device, card_number: str, pin: SecretStr | None = None
    ) -> LoggedIn:
        """Open a session for the card's owner; raises `RefusedError` for a card that is no good.

        A PIN that is given must be right, also where none is needed.
        """
        hashed = self._card_owner.hashed(card_number)
        user_name = self._card_owner.of(hashed, device.printer_name)
        pin_ok = None
        if pin is not None and user_name is not None:
            pin_ok = await self._check_secret.pin(user_name, pin, device.device_name)
        facts = LoginFacts(card_known=user_name is not None, pin_ok=pin_ok)
        return await self._enter(device, user_name or "", facts)

    async def log_in_by_password(
        self, device: Device, user_name: str, password: SecretStr
    ) -> LoggedIn:
        """Open a session for whoever knows the password; raises `RefusedError` for anybody else."""
        checked = await self._check_secret.password(
            user_name, password, printer_name=device.printer_name, place=device.device_name
        )
        facts = LoginFacts(card_known=False, password=checked)
        return await self._enter(device, user_name, facts)

    async def _enter(self, device: Device, user_name: str, facts: LoginFacts) -> LoggedIn:
        known = self._decider.known(user_name, device.printer_name)
        session = PanelSession(
            session_id=secrets.token_urlsafe(SESSION_ID_BYTES),
            user_name=user_name,
            device_name=device.device_name,
            printer_name=device.printer_name,
            opened_wall_ms=self._ground.clock.wall_ms(),
            link_state=self._ground.link.state,
        )

        def work(unit: UnitOfWork) -> Micros:
            view = self._decider.view(unit, known)
            decision = self._decider.decide(view, known, facts, session.link_state)
            if not decision.allowed:
                raise refusal_of(decision, known.currency)
            if unit.sessions.count_open() >= self._ground.limits.sessions_max:
                raise refusal(Cause.TOO_MANY_SESSIONS)
            unit.sessions.add(session)
            return view.user.balance_micros if view.user else Micros(0)

        balance_micros = await self._ground.store.write(work)
        self._keep(session)
        return LoggedIn(
            session=session,
            full_name=known.person.full_name if known.person else "",
            balance_micros=balance_micros,
            currency=known.currency,
            ask_for_account=known.policy.ask_for_account,
            is_manager=manages(known.person, known.policy),
        )

    def session(self, device: Device, session_id: str) -> PanelSession:
        """The open session of that device, now in use; raises `RefusedError` if there is none."""
        session = self._open.get(session_id)
        if session is None or session.device_name != device.device_name:
            raise refusal(Cause.NO_SUCH_SESSION)
        self._used_ms[session_id] = self._ground.clock.monotonic_ms()
        return session

    async def log_out(self, session: PanelSession) -> None:
        """End a session; what it started goes on."""
        await self._close([session.session_id])

    async def end_idle(self, idle_ms: int) -> int:
        """End the sessions that nobody used for that long; how many they were."""
        now_ms = self._ground.clock.monotonic_ms()
        idle = [each for each, used_ms in self._used_ms.items() if now_ms - used_ms >= idle_ms]
        if idle:
            await self._close(idle)
        return len(idle)

    @property
    def open_sessions(self) -> int:
        """How many people are logged in."""
        return len(self._open)

    def all_open(self) -> list[PanelSession]:
        """Everybody who is logged in."""
        return list(self._open.values())

    def _keep(self, session: PanelSession) -> None:
        self._open[session.session_id] = session
        self._used_ms[session.session_id] = self._ground.clock.monotonic_ms()

    async def _close(self, session_ids: list[str]) -> None:
        def work(unit: UnitOfWork) -> None:
            for session_id in session_ids:
                unit.sessions.close(session_id, unit.wall_ms())

        await self._ground.store.write(work)
        for session_id in session_ids:
            self._open.pop(session_id, None)
            self._used_ms.pop(session_id, None)
