"""What an outage report asks the directory: printers with their prices, and who has how much."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, and_, bindparam, func, literal, select

from failure_modes.facts import AccountView, PrinterView
from failure_modes.vocabulary import Micros, ProviderMode, WallMs
from replication.entry_bodies import account_payer, user_payer
from replication.prices_in_force import PricesInForce
from replication.schema.directory import (
    accounts,
    allowances,
    balances,
    memberships,
    printers,
    users,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedPrinter:
    """A printer of a site; `view` is None where nobody set a price, not even a default."""

    printer_name: str
    view: PrinterView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """So many users who are alike: above the bound of the question, balances count as the bound."""

    enabled: bool
    restricted: bool
    groups: frozenset[str]
    balance_micros: Micros
    allowance_micros: Micros
    """What only this site may spend of it, as far as headquarters knows."""
    count: int


_PRINTERS: Final = (
    select(printers.c.printer_name, printers.c.provider_mode)
    .where(printers.c.site_name == bindparam("site"))
    .order_by(printers.c.printer_name)
)
_BALANCE: Final = func.max(func.coalesce(balances.c.balance_micros, 0), 0)
_WITH_BALANCE: Final = users.outerjoin(
    balances, balances.c.payer == literal(user_payer("")) + users.c.user_name
)
_PEOPLE: Final = (
    select(
        users.c.enabled,
        users.c.restricted,
        select(func.json_group_array(memberships.c.group_name))
        .where(
            memberships.c.user_name == users.c.user_name,
            memberships.c.group_name.in_(bindparam("groups", expanding=True)),
        )
        .scalar_subquery()
        .label("groups"),
        func.min(_BALANCE, bindparam("bound")).label("covered_micros"),
        func.min(func.coalesce(allowances.c.granted_micros, 0), bindparam("bound")).label(
            "granted_micros"
        ),
        func.count().label("count"),
    )
    .select_from(
        _WITH_BALANCE.outerjoin(
            allowances,
            and_(
                allowances.c.payer == literal(user_payer("")) + users.c.user_name,
                allowances.c.site_name == bindparam("site"),
            ),
        )
    )
    .group_by("enabled", "restricted", "groups", "covered_micros", "granted_micros")
)
_ACCOUNTS: Final = (
    select(
        accounts.c.account_name,
        accounts.c.enabled,
        accounts.c.restricted,
        func.coalesce(balances.c.balance_micros, 0).label("balance_micros"),
    )
    .select_from(
        accounts.outerjoin(
            balances, balances.c.payer == literal(account_payer("")) + accounts.c.account_name
        )
    )
    .where(accounts.c.account_name.in_(bindparam("names", expanding=True)))
)
_AT_RISK: Final = (
    select(func.coalesce(func.sum(func.min(_BALANCE, bindparam("bound"))), 0))
    .select_from(_WITH_BALANCE)
    .where(users.c.enabled.is_(True), users.c.restricted.is_(True))
)


def printers_at(connection: Connection, site_name: str, wall_ms: WallMs) -> list[PricedPrinter]:
    """Every printer of the site, by name, with the price in force at that time."""
    prices = PricesInForce()
    return [
        PricedPrinter(
            printer_name=row.printer_name,
            view=prices.view_at(
                connection, row.printer_name, wall_ms, ProviderMode(row.provider_mode)
            ),
        )
        for row in connection.execute(_PRINTERS, {"site": site_name}).all()
    ]


def people(
    connection: Connection, site_name: str, groups: Collection[str], bound_micros: int
) -> list[People]:
    """Everybody, by what these groups, and money up to the bound, tell apart at this site."""
    values = {"site": site_name, "groups": sorted(groups), "bound": bound_micros}
    listed: dict[str, frozenset[str]] = {}
    return [
        People(
            enabled=enabled,
            restricted=restricted,
            groups=listed.setdefault(names, frozenset(json.loads(names))),
            balance_micros=covered_micros,
            allowance_micros=granted_micros,
            count=count,
        )
        for enabled, restricted, names, covered_micros, granted_micros, count in connection.execute(
            _PEOPLE, values
        )
    ]


def credit_micros(connection: Connection, bound_micros: int) -> int:
    """What all restricted users together have, of each no more than the bound."""
    return int(connection.execute(_AT_RISK, {"bound": bound_micros}).scalar_one())


def accounts_named(connection: Connection, names: Collection[str]) -> dict[str, AccountView]:
    """Those of these shared accounts that there are."""
    return {
        row.account_name: AccountView(
            account_name=row.account_name,
            balance_micros=row.balance_micros,
            enabled=row.enabled,
            restricted=row.restricted,
        )
        for row in connection.execute(_ACCOUNTS, {"names": sorted(names)})
    }
