"""What headquarters said about one question, read from the replica at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from failure_modes.allowance import may_be_strict
from replication.entry_bodies import account_payer, user_payer
from site_server.causes import Cause
from site_server.refusals import refusal
from site_server.service.charged_to import Charge, accounts_asked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failure_modes.facts import PrinterView
    from failure_modes.policy import Policy
    from failure_modes.vocabulary import Micros, WallMs
    from site_server.store.accounts import Account
    from site_server.store.directory import Snapshot
    from site_server.store.directory_rows import Person, Printer
    from site_server.store.grants import Grant


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What headquarters said about one user at one printer, all at one moment."""

    person: Person | None
    printer: Printer
    printer_view: PrinterView
    policy: Policy
    replica_micros: Micros
    accounts: Mapping[str, Account]
    """The shared accounts that this question may touch, as whoever chooses sees them."""
    watermarks: Mapping[tuple[str, int], int]
    replica_ms: WallMs | None
    currency: str
    granted: Mapping[str, Grant] | None = None
    """What is granted of the payers' balances; None where no step of the policy is strict."""

    @property
    def limited_user(self) -> str | None:
        """The user, where they may not spend what they do not have."""
        return self.person.user_name if self.person and self.person.restricted else None

    @property
    def limited_accounts(self) -> list[str]:
        """The accounts that may not spend what they do not have."""
        return [name for name, account in self.accounts.items() if account.restricted]


def known_at(
    snapshot: Snapshot, user_name: str, printer_name: str, charge: Charge, wall_ms: WallMs
) -> Known:
    """What the replica says; raises `RefusedError` where the printer or its price is missing."""
    printer = snapshot.printer(printer_name)
    if printer is None:
        raise refusal(Cause.NO_SUCH_PRINTER)
    printer_view = snapshot.view_of(printer, wall_ms)
    if printer_view is None:
        raise refusal(Cause.NO_PRICE)
    heartbeat = snapshot.heartbeat()
    policy = snapshot.policy(printer_name)
    accounts = snapshot.accounts(accounts_asked(charge, policy), charge.chooser(user_name))
    granted = None
    if may_be_strict(policy):
        granted = snapshot.grants((user_payer(user_name), *map(account_payer, accounts)))
    return Known(
        person=snapshot.person(user_name),
        printer=printer,
        printer_view=printer_view,
        policy=policy,
        replica_micros=snapshot.balance_micros(user_payer(user_name)),
        accounts=accounts,
        watermarks=snapshot.watermarks(),
        replica_ms=heartbeat.wall_ms if heartbeat else None,
        currency=heartbeat.currency if heartbeat else "",
        granted=granted,
    )
