"""Shared accounts in the replica: what they have, and who may choose them.

Whether an account is open to somebody is asked in the statement that reads it: an account and a
membership from two versions of the directory would be an answer that headquarters never gave.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, func, or_, select

from replication.entry_bodies import account_payer, user_payer
from replication.schema import directory as schema

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from failure_modes.vocabulary import Micros

EVERYBODY: Final = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A shared account of the directory, as one user sees it."""

    account_name: str
    title: str
    enabled: bool
    restricted: bool
    balance_micros: Micros
    open_to_user: bool


_OPENED = select(schema.account_access.c.account_name).where(
    or_(
        schema.account_access.c.member.in_(
            (EVERYBODY, bindparam("user_member")),
        ),
        schema.account_access.c.member.in_(
            select("group:" + schema.memberships.c.group_name).where(
                schema.memberships.c.user_name == bindparam("user_name")
            )
        ),
    )
)
_IS_OPEN = schema.accounts.c.account_name.in_(_OPENED)
_ACCOUNTS = select(
    schema.accounts.c.account_name,
    schema.accounts.c.title,
    schema.accounts.c.enabled,
    schema.accounts.c.restricted,
    func.coalesce(schema.balances.c.balance_micros, 0).label("balance_micros"),
    _IS_OPEN.label("open_to_user"),
).outerjoin(
    schema.balances,
    schema.balances.c.payer == account_payer("") + schema.accounts.c.account_name,
)
_NAMED: Final = _ACCOUNTS.where(
    schema.accounts.c.account_name.in_(bindparam("account_names", expanding=True))
)
_OFFERED: Final = (
    _ACCOUNTS.where(schema.accounts.c.enabled.is_(True), _IS_OPEN)
    .order_by(schema.accounts.c.title, schema.accounts.c.account_name)
    .limit(bindparam("limit"))
)
_FIELDS: Final = tuple(field.name for field in fields(Account))


def named_accounts(
    connection: Connection, account_names: frozenset[str], user_name: str
) -> dict[str, Account]:
    """Those of these accounts that exist, as that user sees them. None asked, nothing read."""
    if not account_names:
        return {}
    values = {"account_names": sorted(account_names), **_user(user_name)}
    found = map(_account, connection.execute(_NAMED, values))
    return {account.account_name: account for account in found}


def offered_accounts(connection: Connection, user_name: str, limit: int) -> list[Account]:
    """The enabled accounts that are open to that user, by title."""
    rows = connection.execute(_OFFERED, {"limit": limit, **_user(user_name)})
    return [_account(row) for row in rows]


def _user(user_name: str) -> dict[str, str]:
    return {"user_name": user_name, "user_member": user_payer(user_name)}


def _account(row: Row[Any]) -> Account:
    return Account(**dict(zip(_FIELDS, row, strict=True)))
