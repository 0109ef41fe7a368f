"""What people see of their own money at a panel. Nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from failure_modes.vocabulary import Function, Micros

if TYPE_CHECKING:
    from site_server.service.ground import Ground
    from site_server.service.view import Decider
    from site_server.store.sessions import PanelSession


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownBalance:
    """What may be spent at this site now; reservations are taken off already."""

    user_name: str
    balance_micros: Micros
    currency: str


class OwnBalance:
    """Shows balances to those whose they are."""

    def __init__(self, ground: Ground, decider: Decider) -> None:
        self._store = ground.store
        self._decider = decider

    def show(self, session: PanelSession) -> ShownBalance:
        """The money of whoever is logged in; raises `RefusedError` where that is not shown."""
        known = self._decider.known(session.user_name, session.printer_name)
        with self._store.read() as site:
            view = self._decider.view(site, known)
        self._decider.permit(view, known, Function.SHOW_BALANCE, session)
        return ShownBalance(
            user_name=session.user_name,
            balance_micros=view.user.balance_micros if view.user else Micros(0),
            currency=known.currency,
        )
