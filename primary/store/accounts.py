"""Shared accounts and who may choose them, as rows of the directory.

An account is never deleted, only disabled, for the reasons that `people.py` gives for users. It has
a balance from the first moment on, too.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, func, select, union_all
from sqlalchemy.dialects.sqlite import insert

from primary.errors import ConflictError, NotFoundError
from replication.entry_bodies import account_payer
from replication.schema.directory import account_access, accounts, balances, groups, users

EVERYBODY: Final = "*"

_OPEN_TO = (
    select(func.json_group_array(account_access.c.member))
    .where(account_access.c.account_name == accounts.c.account_name)
    .scalar_subquery()
)
_ACCOUNTS = select(
    accounts.c.account_name,
    accounts.c.title,
    accounts.c.enabled,
    accounts.c.restricted,
    balances.c.balance_micros,
    _OPEN_TO.label("open_to"),
).join(balances, balances.c.payer == account_payer("") + accounts.c.account_name)
_ONE: Final = _ACCOUNTS.where(accounts.c.account_name == bindparam("which"))
_PAGE: Final = (
    _ACCOUNTS.where(accounts.c.account_name > bindparam("after"))
    .order_by(accounts.c.account_name)
    .limit(bindparam("page_size"))
)
_EXISTS: Final = select(accounts.c.account_name).where(
    accounts.c.account_name == bindparam("which")
)
_INSERT_ACCOUNT = insert(accounts)
_PUT_ACCOUNT: Final = _INSERT_ACCOUNT.on_conflict_do_update(
    index_elements=["account_name"],
    set_={
        "title": _INSERT_ACCOUNT.excluded.title,
        "enabled": _INSERT_ACCOUNT.excluded.enabled,
        "restricted": _INSERT_ACCOUNT.excluded.restricted,
    },
)
_OPEN_BALANCE: Final = insert(balances).values(balance_micros=0).on_conflict_do_nothing()
_CLOSE: Final = delete(account_access).where(account_access.c.account_name == bindparam("which"))
_OPEN: Final = insert(account_access)
_ASKED = func.json_each(bindparam("members")).table_valued("value")
_KNOWN_MEMBERS: Final = union_all(
    *(
        select(_ASKED.c.value).join(table, _ASKED.c.value == f"{kind}:" + name)
        for kind, table, name in (
            ("user", users, users.c.user_name),
            ("group", groups, groups.c.group_name),
        )
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFields:
    """What may be said of an account from outside; money is not among it."""

    title: str
    enabled: bool = True
    restricted: bool = True
    open_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as the directory knows it."""

    account_name: str
    fields: AccountFields
    balance_micros: int


def account(connection: Connection, account_name: str) -> Account:
    """The account of this name. Errors: `NotFoundError`."""
    row = connection.execute(_ONE, {"which": account_name}).one_or_none()
    if row is None:
        raise NotFoundError(f"The directory knows no account {account_name!r}.")
    return _account(row)


def page_of_accounts(connection: Connection, *, after: str, limit: int) -> list[Account]:
    """At most `limit` accounts whose names come after `after`, by name."""
    values = {"after": after, "page_size": limit}
    return [_account(row) for row in connection.execute(_PAGE, values)]


def put_account(connection: Connection, account_name: str, fields: AccountFields) -> bool:
    """Make or change an account; whether it is new.

    Errors: `ConflictError` where it would be open to somebody who does not exist.
    """
    _check_members(connection, fields.open_to)
    is_new = connection.execute(_EXISTS, {"which": account_name}).one_or_none() is None
    row = {
        "account_name": account_name,
        "title": fields.title,
        "enabled": fields.enabled,
        "restricted": fields.restricted,
    }
    connection.execute(_PUT_ACCOUNT, row)
    connection.execute(_OPEN_BALANCE, {"payer": account_payer(account_name)})
    connection.execute(_CLOSE, {"which": account_name})
    for member in sorted(set(fields.open_to)):
        connection.execute(_OPEN, {"account_name": account_name, "member": member})
    return is_new


def _check_members(connection: Connection, members: Sequence[str]) -> None:
    missing = set(members) - {EVERYBODY}
    if missing:
        missing -= set(
            connection.execute(_KNOWN_MEMBERS, {"members": json.dumps(list(missing))}).scalars()
        )
    if missing:
        raise ConflictError(
            f"open_to: there is no {', no '.join(sorted(missing))}. Nothing was changed; add them "
            "or leave them out."
        )


def _account(row: Row[*tuple[Any, ...]]) -> Account:
    return Account(
        account_name=row.account_name,
        fields=AccountFields(
            title=row.title,
            enabled=row.enabled,
            restricted=row.restricted,
            open_to=tuple(sorted(json.loads(row.open_to))),
        ),
        balance_micros=row.balance_micros,
    )
