"""The shared accounts that a person at a panel may choose from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from failure_modes.vocabulary import Function, Reason
from replication.entry_bodies import account_payer
from site_server.refusals import refusal_for
from site_server.service.money import balance_of

if TYPE_CHECKING:
    from failure_modes.vocabulary import Micros
    from site_server.service.ground import Ground
    from site_server.service.view import Decider
    from site_server.store.sessions import PanelSession


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedAccount:
    """An account that may be chosen; `balance_micros` is None where it has no limit."""

    account_name: str
    title: str
    balance_micros: Micros | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountList:
    """The accounts of one person, by title."""

    accounts: tuple[OfferedAccount, ...]
    currency: str


class ListAccounts:
    """Lists accounts at a panel. Nothing is written."""

    def __init__(self, ground: Ground, decider: Decider) -> None:
        self._store = ground.store
        self._decider = decider
        self._directory = ground.directory
        self._limit = ground.limits.accounts_per_list_max

    def list(self, session: PanelSession) -> AccountList:
        """The enabled accounts that are open to whoever is logged in.

        Raises `RefusedError` where nobody may choose.
        """
        known = self._decider.known(session.user_name, session.printer_name)
        with self._store.read() as site:
            view = self._decider.view(site, known)
        self._decider.permit(view, known, Function.CHOOSE_ACCOUNT, session)
        with self._directory.read() as snapshot:
            if snapshot is None:
                raise refusal_for(Reason.NO_REPLICA)
            found = snapshot.offered_accounts(session.user_name, self._limit)
            watermarks = snapshot.watermarks()
            heartbeat = snapshot.heartbeat()
        with self._store.read() as site:
            balances = {
                account.account_name: balance_of(
                    site,
                    account_payer(account.account_name),
                    account.balance_micros,
                    watermarks,
                ).effective_micros
                for account in found
                if account.restricted
            }
        accounts = (
            OfferedAccount(
                account_name=account.account_name,
                title=account.title,
                balance_micros=balances.get(account.account_name),
            )
            for account in found
        )
        return AccountList(
            accounts=tuple(accounts), currency=heartbeat.currency if heartbeat else ""
        )
